"""Looks through one vault for secrets whose copies have fallen behind; changes nothing, and reads no value."""

from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.inventory import Listing
from rotation.failures import RotationError, TransientError
from rotation.listing import ListedSecret
from rotation.patience import patience_with
from rotation.replication import Origin, differences, targets
from rotation.results import Done, Result
from rotation.sweep import MOST_REPORTED

bp = df.Blueprint()

# A copy that somebody has edited with all its tags kept looks well in a listing. So a young one is compared by value
# too, by the replication that is started for it; an older one was, by an earlier sweep.
_YOUNG = timedelta(days=7)


@bp.activity_trigger(input_name="payload")
def find_drift(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the secrets that are to be copied again, a page after a given name.

    The first page also says which copies differ and how, which have lost their secret, and which vaults were not read.
    """
    return shell.run("find_drift", _find_drift, payload)


def _find_drift(payload: dict[str, Any]) -> Result:
    host, now = payload["vault"], datetime.fromisoformat(payload["now"])
    since = datetime.fromisoformat(payload["since"])
    try:
        listing = bootstrap.inventory().listing(host, now, since=since)
    except TransientError as error:
        return patience_with(error)
    found = _Comparison(host, now, since)
    for secret in listing.secrets:
        found.compare(secret)
    found.look_for_orphans(listing)
    after = payload["after"] or ""
    rest = sorted(name for name in found.wanted if name > after)
    page = rest[: payload["most"]]
    answer: dict[str, Any] = {
        "wishes": [{"vault": host, "secret": name} for name in page],
        "after": page[-1] if len(rest) > len(page) else None,
    }
    if payload["after"] is None:
        answer |= {
            "drifted": found.drifted,
            "reported": found.reported[:MOST_REPORTED],
            "more": max(0, len(found.reported) - MOST_REPORTED),
            "unreachable": found.unreachable,
        }
    return Done(answer)


class _Comparison:
    """One vault's secrets beside their copies."""

    def __init__(self, host: str, now: datetime, since: datetime) -> None:
        self.wanted: set[str] = set()
        """Names of secrets that are to be copied again."""
        self.drifted = 0
        self.reported: list[dict[str, str]] = []
        self.unreachable: dict[str, str] = {}
        self._host = host
        self._now = now
        self._since = since
        self._copies = {each: self._listed(each) for each in sorted(bootstrap.settings().replica_vaults)}

    def compare(self, primary: ListedSecret) -> None:
        for replica_host in targets(primary.tags, bootstrap.settings().replica_vaults):
            copies = self._copies[replica_host]
            if copies is None:
                continue
            copy = copies.get(primary.name.casefold())
            found = differences(self._host, primary, copy)
            if found:
                self.drifted += 1
                self._report(primary.name, f"its replica in {replica_host} differs: {', '.join(found)}")
            if found or self._is_young(copy):
                self.wanted.add(primary.name)

    def look_for_orphans(self, listing: Listing) -> None:
        """Report copies whose secret is gone, or does not name their vault any more; they are left alone."""
        primaries = {secret.name.casefold(): secret for secret in listing.secrets}
        for replica_host, copies in self._copies.items():
            for name, copy in (copies or {}).items():
                origin = Origin.told_by(copy.tags)
                if origin is None or not origin.is_of(self._host, name):
                    continue
                primary = primaries.get(name)
                if primary is None:
                    gone = "does not exist any more, or has lost its tags"
                    self._report(copy.name, f"it {gone}; its replica in {replica_host} is left")
                elif replica_host not in targets(primary.tags, bootstrap.settings().replica_vaults):
                    told = f"ReplicateTo does not name {replica_host}, which holds a replica of it: that is left"
                    self._report(copy.name, told)

    def _is_young(self, copy: ListedSecret | None) -> bool:
        return copy is not None and copy.created_on is not None and copy.created_on > self._since - _YOUNG

    def _report(self, secret: str, reason: str) -> None:
        self.reported.append({"vault": self._host, "secret": secret, "reason": reason})

    def _listed(self, replica_host: str) -> dict[str, ListedSecret] | None:
        try:
            listing = bootstrap.copies().listing(replica_host, self._now, since=self._since)
        except RotationError as error:
            self.unreachable[replica_host] = error.reason
            return None
        return {secret.name.casefold(): secret for secret in listing.secrets}
