"""Step 1: read the secret and the target, and decide what has to happen. Changes nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.key_vault import KeyVault
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.ids import rotation_id
from rotation.model import SecretVersion, Subject
from rotation.outcomes import Conclusion, OutcomeName
from rotation.patience import UNREADABLE
from rotation.plan import MOVED
from rotation.planning import plan_rotation
from rotation.refusals import check_secret, check_target, check_vault, check_wanted
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop
from rotation.situation import Situation

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def read_metadata(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with a plan, or with how the rotation ends right here."""
    return shell.run("read_metadata", _read_metadata, payload)


def _read_metadata(payload: dict[str, Any]) -> Result:
    return plan(RotationRequest.from_json(payload["request"]), datetime.fromisoformat(payload["now"]))


def plan(request: RotationRequest, now: datetime) -> Result:
    """Plan a rotation as of `now`; a dry run asks the same.

    Raises:
        RotationError: It must not be planned, or cannot be now.
        Conclusion: There is nothing to plan.
    """
    surroundings = bootstrap.surroundings()
    check_vault(request, surroundings)
    vault = bootstrap.key_vault(request.vault)
    current = _read_current(vault, request)
    check_wanted(current)
    situation = Situation(request, current, now)
    if current.version != request.version and not situation.is_ours:
        return _explain_other_version(vault, situation)
    policy = check_secret(situation, surroundings, bootstrap.settings().defaults)
    provider = bootstrap.provider(str(policy.provider), _subject(request))
    if situation.now < current.created_on + policy.grace:
        replaced = vault.replaced(request.secret, current, provider.form, since=situation.now - policy.grace)
        situation = replace(situation, replaced=tuple(replaced))
    try:
        target = provider.describe()
        check_target(policy, target, surroundings)
        slots = provider.slots()
    except MissingError as error:
        raise RefusedError(f"target {policy.provider.label} not found ({error.reason})") from None
    planned = plan_rotation(situation, policy, target, slots, provider.form)
    follows = policy.names_consumers or bool(policy.replicas) or bool(bootstrap.settings().consumer_scopes)
    return Done(replace(planned, follows=follows).to_json())


def _subject(request: RotationRequest) -> Subject:
    return Subject(request.vault, request.secret, request.version, rotation_id(request))


def _read_current(vault: KeyVault, request: RotationRequest) -> SecretVersion:
    try:
        return vault.read(request.secret)
    except MissingError:
        raise Conclusion(OutcomeName.SKIPPED, "the secret does not exist any more") from None
    except DisabledError:
        raise Conclusion(OutcomeName.SKIPPED, "the secret's newest version is disabled") from None


def _explain_other_version(vault: KeyVault, situation: Situation) -> Retry | Stop:
    """The current version is not the one we were told of: it is newer, or ours cannot be seen yet."""
    created = vault.created(situation.request.secret)
    told = created.get(situation.request.version)
    if told is None or told > situation.current.created_on:
        return Retry(f"version {situation.request.version} cannot be read yet", budget=UNREADABLE)
    outcome = OutcomeName.MOVED if situation.written_by.endswith(MOVED) else OutcomeName.SUPERSEDED
    return Stop(outcome, f"version {situation.current.version} has already replaced it")
