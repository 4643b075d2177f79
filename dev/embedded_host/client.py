"""What clients can do with orchestrations: start, ask, tell, stop, redo.

The rules of who may do what when, and the errors with their recorded bodies, are here; HTTP is only a way to
call this, the in-process facade another.
"""

import json
import uuid
from typing import Any

from . import history as h
from .entities import Entities
from .errors import ApiError
from .functions import ENTITY
from .instances import FAILED, SUSPENDED, Instance
from .rewinding import rewind
from .stamps import stamp
from .taskhub import TaskHub


class Client:
    """The operations of the management API."""

    def __init__(self, hub: TaskHub, entities: Entities) -> None:
        self._hub = hub
        self._entities = entities

    def start(self, function: str, instance_id: str | None, input_text: str | None, version: str | None = None) -> str:
        """Start an orchestration and return its id; nothing about the function is checked (s13b).

        Raises:
            ApiError: 409 when the id is in use.
        """
        chosen = instance_id or uuid.uuid4().hex
        existing = self._hub.instances.get(chosen)
        if existing is not None and not existing.is_finished and not self._hub.settings.override_any_state:
            told = f"An Orchestration instance with the status {existing.status} already exists."
            raise ApiError(409, {"Message": told})
        generation = 0 if existing is None else (existing.generation or 0) + 1
        self._hub.create(
            name=function,
            instance_id=chosen,
            execution_id=str(uuid.uuid4()),
            input_text=input_text,
            version=version or self._hub.settings.default_version,
            generation=generation,
        )
        self._hub.commit()
        return chosen

    def find(self, instance_id: str) -> Instance:
        """Return an instance.

        Raises:
            ApiError: 404 when there is none.
        """
        instance = self._hub.instances.get(instance_id)
        if instance is None:
            raise ApiError(404)
        return instance

    def raise_event(self, instance_id: str, name: str, input_text: str) -> None:
        """Send an external event."""
        self._find_unfinished(instance_id)
        self._tell(instance_id, h.event_raised(self._hub.now(), name, input_text))

    def terminate(self, instance_id: str, reason: str | None) -> None:
        """End an instance, but not its children (s10g)."""
        self._find_unfinished(instance_id)
        self._tell(instance_id, h.execution_terminated(self._hub.now(), reason))

    def suspend(self, instance_id: str, reason: str | None) -> None:
        """Pause an instance."""
        instance = self._find_unfinished(instance_id)
        if instance.status == SUSPENDED:
            raise _wrong_state("suspend", instance)
        self._tell(instance_id, h.suspended(self._hub.now(), reason))

    def resume(self, instance_id: str, reason: str | None) -> None:
        """Go on with a paused instance."""
        instance = self._find_unfinished(instance_id)
        if instance.status != SUSPENDED:
            raise _wrong_state("resume", instance)
        self._tell(instance_id, h.resumed(self._hub.now(), reason))

    def rewind(self, instance_id: str, reason: str | None) -> None:
        """Take a failed instance back to before its failure (s10d)."""
        instance = self._hub.instances.get(instance_id)
        if instance is None:
            raise ApiError(404, f'No orchestration with instance ID "${instance_id}" found.')
        if instance.status != FAILED:
            raise ApiError(
                412,
                f"This orchestration has status {instance.status}, "
                'but only orchestrations in the "Failed" state can be rewound.',
            )
        for leaf in rewind(instance, self._hub.instances, stamp(self._hub.now()), self._hub.save):
            self._tell(leaf.instance_id, h.generic(self._hub.now(), reason))
        self._hub.commit()

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Start an instance again with its input, and return the id."""
        instance = self._hub.instances.get(instance_id)
        if instance is None:
            raise ApiError(
                400,
                _error(
                    "InstanceId does not match a valid orchestration instance.",
                    "System.ArgumentException",
                    f"No instance with ID '{instance_id}' was found. (Parameter 'instanceId')",
                ),
            )
        if not new_id and not instance.is_finished:
            raise ApiError(
                409,
                _error(
                    "A non-terminal instance with this instance ID already exists.",
                    "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
                    f"An Orchestration instance with the status {instance.status} already exists.",
                ),
            )
        text = "null" if instance.input_text is None else instance.input_text  # s10e
        return self.start(instance.name, None if new_id else instance_id, text, instance.version)

    def purge(self, instance_id: str) -> int:
        """Delete a finished instance."""
        if instance_id in self._entities.all:
            raise _not_purgeable(instance_id, "Running")
        instance = self.find(instance_id)
        if not instance.is_finished:
            raise _not_purgeable(instance_id, instance.status)
        self._hub.remove(instance_id)
        self._hub.commit()
        return 1

    def purge_all(self, instances: list[Instance]) -> int:
        """Delete those of the given instances that are finished."""
        finished = [instance for instance in instances if instance.is_finished]
        for instance in finished:
            self._hub.remove(instance.instance_id)
        self._hub.commit()
        return len(finished)

    def signal_entity(self, name: str, key: str, operation: str, input_text: str | None) -> None:
        """Send a signal to an entity.

        Raises:
            ApiError: 400 when there is no such entity function.
        """
        if self._hub.function(ENTITY, name) is None:
            raise ApiError(400, {"Message": self._hub.unknown_function(ENTITY, name.lower())})
        self._entities.signal(name, key, operation, input_text)

    def _find_unfinished(self, instance_id: str) -> Instance:
        instance = self.find(instance_id)
        if instance.is_finished:
            raise ApiError(410)
        return instance

    def _tell(self, instance_id: str, event: h.Event) -> None:
        self._hub.post(instance_id, None, event)
        self._hub.commit()


def event_text(value: Any) -> str:
    """Write the data of an external event as the task hub keeps it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _error(message: str, kind: str, told: str | None = None) -> dict[str, str]:
    return {
        "Message": message,
        "ExceptionMessage": message if told is None else told,
        "ExceptionType": kind,
        "StackTrace": "   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler.HandleRequestAsync"
        "(HttpRequestMessage request)",
    }


def bad_json(text: str) -> ApiError:
    """Return the answer to a body that isn't JSON, in the words of .NET's reader for the common cases."""
    told = f"Unexpected character encountered while parsing value: {text[:1]}. Path '', line 0, position 0."
    if not text.strip():
        told = "Error reading JToken from JsonReader. Path '', line 0, position 0."
    return ApiError(400, _error("Invalid JSON content", "Newtonsoft.Json.JsonReaderException", told))


def _wrong_state(verb: str, instance: Instance) -> ApiError:
    # The real one answers so as well: it is an exception that nobody catches (s10c).
    told = (
        f"Cannot {verb} the orchestration instance {instance.instance_id} "
        f"because instance is in the {instance.status} state."
    )
    message = "Something went wrong while processing your request"
    return ApiError(500, _error(message, "System.InvalidOperationException", told))


def _not_purgeable(instance_id: str, status: str) -> ApiError:
    return ApiError(
        412,
        "Only orchestrations in a terminal state can be purged, "
        f"but the orchestration with instance ID {instance_id} has status {status}",
    )
