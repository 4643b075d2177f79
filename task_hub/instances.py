"""Finds instances of `rotate_secret` in the task hub."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import azure.durable_functions as df

from rotation.failures import TransientError
from rotation.instance import Instance

PREFIX = "rotate-"
_TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
_PAGE = 500
_OURS = ("rotate_secret", "restore_secret")
TIMEOUT = aiohttp.ClientTimeout(total=60)


class TaskHubError(TransientError):
    """The Durable extension did not answer as it should; the text names the status and nothing else."""


@contextmanager
def answering() -> Iterator[None]:
    """Turn whatever keeps the extension's answer away into a `TaskHubError`."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise TaskHubError(f"the task hub does not answer ({type(error).__name__})") from None


@contextmanager
def telling() -> Iterator[None]:
    """Turn whatever the SDK's client raises into a `TaskHubError`; it knows nothing but bare exceptions."""
    try:
        yield
    except TaskHubError:
        raise
    except Exception as error:
        raise TaskHubError(f"the task hub does not answer ({type(error).__name__})") from None


async def find(
    client: df.DurableOrchestrationClient, instance: str, *, history: bool = False, names: Collection[str] = _OURS
) -> Instance | None:
    """Return one rotation, or rollback, with its history if asked for; None if there is none of that id.

    Args:
        client: The Durable client.
        instance: Its id.
        history: Whether its history is wanted.
        names: Of which orchestrations it may be.

    Raises:
        TaskHubError: The extension answered with something else than a status.
    """
    # Not `get_status`: in azure-functions-durable 1.7.0 it looks for the history under another name than it is sent.
    query = {"showInput": "true"}
    if history:
        query |= {"showHistory": "true", "showHistoryOutput": "true"}
    with answering():
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(url(client, instance), params=query) as answer,
        ):
            if answer.status == 404:
                return None
            if answer.status not in (200, 202):
                raise TaskHubError(f"the task hub answered {answer.status} to a question for a status")
            row: dict[str, Any] = await answer.json(content_type=None)
    return Instance.from_json(row) if row.get("name") in names else None


async def pages(
    client: df.DurableOrchestrationClient,
    prefix: str,
    *,
    statuses: Iterable[str] = (),
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    name: str = "rotate_secret",
) -> AsyncIterator[list[Instance]]:
    """Yield all instances whose ids begin with `prefix`, a page at a time, in the task hub's own order.

    Args:
        client: The Durable client.
        prefix: What the ids begin with; `rotation.ids` says how they are made.
        statuses: Durable's words for the runtime status; all if empty.
        created_from: Only those created at that moment or later.
        created_to: Only those created at that moment or earlier.
        name: Of which orchestration.

    Raises:
        TaskHubError: The extension answered with something else than a list.
    """
    query = {
        "instanceIdPrefix": prefix,
        "showInput": "true",
        "runtimeStatus": ",".join(statuses),
        "createdTimeFrom": created_from.isoformat() if created_from else "",
        "createdTimeTo": created_to.isoformat() if created_to else "",
    }
    async for rows in rows_of(client, {name: value for name, value in query.items() if value}):
        yield [Instance.from_json(row) for row in rows if row.get("name") == name]


async def rows_of(client: df.DurableOrchestrationClient, query: dict[str, str]) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield what the extension lists, of whatever orchestration, a page at a time; entities are among it.

    Raises:
        TaskHubError: The extension answered with something else than a list.
    """
    token = ""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        while True:
            headers = {_TOKEN: token} if token else {}
            asked = session.get(url(client), params=query | {"top": str(_PAGE)}, headers=headers)
            with answering():
                async with asked as answer:
                    if answer.status != 200:
                        raise TaskHubError(f"the task hub answered {answer.status} to a list")
                    rows: list[dict[str, Any]] = await answer.json(content_type=None)
                    token = answer.headers.get(_TOKEN, "").strip()
            yield rows
            if not token:
                return


def url(client: df.DurableOrchestrationClient, instance: str = "") -> str:
    """Return where the extension answers for an instance, or for all of them.

    Raises:
        TaskHubError: The binding does not say.
    """
    # `get_status_by` of the same SDK reads the first page only: it drops the header with the token of the next one. So
    # its way to the extension, on the loopback interface, is taken without it.
    base = client._orchestration_bindings.rpc_base_url
    if base is None:
        raise TaskHubError("the Durable client's binding names no endpoint")
    return f"{base}instances/{quote(instance, safe='')}"
