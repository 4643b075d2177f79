"""Lists rotations as people want them: the newest, or the latest of each secret."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import azure.durable_functions as df

from rotation.ids import id_prefix
from rotation.instance import Instance
from rotation.paging import Newest, Place
from rotation.standing import newer
from task_hub.instances import pages


@dataclass(frozen=True)
class Wanted:
    """Which rotations; everything is wanted by default."""

    vault: str = ""
    """Host name."""
    secret: str = ""
    statuses: Collection[str] = ()
    outcomes: Collection[str] = ()
    created_from: datetime | None = None

    def admits(self, instance: Instance) -> bool:
        """Tell whether an instance is one of them; the task hub has looked at status and time already."""
        request = instance.request
        if self.vault and (request is None or request.vault != self.vault):
            return False  # ids of contoso-eu begin like those of contoso
        if self.secret and (request is None or request.secret.casefold() != self.secret.casefold()):
            return False
        return not self.outcomes or instance.outcome in self.outcomes


async def newest(
    client: df.DurableOrchestrationClient, wanted: Wanted, top: int, before: Place | None
) -> tuple[list[Instance], str | None]:
    """Return the newest rotations, and the token of the next page if there is one.

    The task hub keeps instances by id, so all that could be wanted are looked through, in the memory of one page.
    """
    found = Newest(top, before)
    listed = pages(
        client,
        id_prefix(wanted.vault, wanted.secret),
        statuses=wanted.statuses,
        created_from=wanted.created_from,
        created_to=before[0] if before else None,
    )
    async for page in listed:
        for instance in page:
            if wanted.admits(instance):
                found.add(instance)
    return found.page()


async def latest(
    client: df.DurableOrchestrationClient, vault: str = "", secret: str = ""
) -> dict[tuple[str, str], Instance]:
    """Return each secret's rotation in hand, or else its latest, by vault and by name in lower case."""
    found: dict[tuple[str, str], Instance] = {}
    async for page in pages(client, id_prefix(vault, secret)):
        for instance in page:
            request = instance.request
            if request is not None:
                place = (request.vault, request.secret.casefold())
                found[place] = newer(found.get(place), instance)
    return found
