"""Deletes the histories of instances that ended long ago; of whatever orchestration, and nothing else.

The extension can delete by time of creation alone, which would take a rotation that began long ago and whose grace has
ended today. So instances are listed, and deleted one by one: the extension refuses to delete one that has been started
again meanwhile.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import azure.durable_functions as df

from task_hub.instances import TIMEOUT, TaskHubError, answering, rows_of, url

FINISHED = ("Completed", "Failed", "Terminated", "Canceled")
_AT_ONCE = 16


@dataclass
class Purged:
    """What became of the instances that ended before a moment."""

    deleted: int = 0
    kept: int = 0
    """Begun anew, or gone, before it was their turn."""
    is_all: bool = True
    """Whether all have had their turn."""


async def purge(
    client: df.DurableOrchestrationClient, before: datetime, is_enough: Callable[[], bool] = lambda: False
) -> Purged:
    """Delete every instance that was created and has ended before a moment, a page at a time.

    Args:
        client: The Durable client.
        before: An aware moment.
        is_enough: Asked before each page whether to leave the rest for another time.

    Raises:
        TaskHubError: The extension answered with something else than it should.
    """
    query = {"createdTimeTo": before.isoformat(), "runtimeStatus": ",".join(FINISHED), "showInput": "false"}
    result = Purged()
    at_once = asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:

        async def delete(instance: str) -> None:
            with answering():
                async with at_once, session.delete(url(client, instance)) as answer:
                    status = answer.status
            if status not in (200, 404, 412):
                raise TaskHubError(f"the task hub answered {status} to the end of a history")
            result.deleted += status == 200
            result.kept += status != 200

        async for rows in rows_of(client, query):
            if is_enough():
                result.is_all = False
                return result
            old = [str(row["instanceId"]) for row in rows if _is_old(row, before)]
            await asyncio.gather(*(delete(instance) for instance in old))
    return result


def _is_old(row: dict[str, str], before: datetime) -> bool:
    """Tell whether an instance has ended long ago; what the query should have left out counts as not."""
    ended = datetime.fromisoformat(row["lastUpdatedTime"])
    ended = ended if ended.tzinfo else ended.replace(tzinfo=UTC)
    is_entity = row["instanceId"].startswith("@")
    return row["runtimeStatus"] in FINISHED and ended < before and not is_entity
