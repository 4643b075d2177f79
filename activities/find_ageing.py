"""Looks through one vault's certificates and keys for what is to be renewed; changes nothing."""

from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.vault_objects import VaultObjects
from rotation.failures import DeniedError, MissingError, RefusedError, TransientError
from rotation.outcomes import Conclusion
from rotation.patience import patience_with
from rotation.renewal import CERTIFICATE, KEY, Held, check, renews_itself
from rotation.request import RotationRequest
from rotation.results import Done, Result
from rotation.sweep import MOST_REPORTED
from rotation.tags import ENABLED

bp = df.Blueprint()

Place = tuple[str, str, str]
"""Where one stands among those that are due: when it expires, its kind, and its name."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@bp.activity_trigger(input_name="payload")
def find_ageing(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the certificates and keys that are due, those that press most first, a page after a given one.

    Also with those of the page, and on the first page those of the vault, that cannot be renewed, and why. Where the
    app has no right to list them, nobody has asked it to keep them.
    """
    return shell.run("find_ageing", _find_ageing, payload)


def _find_ageing(payload: dict[str, Any]) -> Result:
    look = _Look(payload["vault"], datetime.fromisoformat(payload["since"]))
    try:
        due = look.due()
        rest = [place for place in due if list(place) > (payload["after"] or [])]
        if payload["after"] is not None:
            look.wrong.clear()
        page = rest[: payload["most"]]
        wishes = [wish for place in page if (wish := look.wish(place)) is not None]
    except DeniedError:
        return Done({"wishes": [], "after": None})
    except TransientError as error:
        return patience_with(error)
    after = list(page[-1]) if len(rest) > len(page) else None
    shown = look.wrong[:MOST_REPORTED]
    return Done({"wishes": wishes, "after": after, "reported": shown, "more": len(look.wrong) - len(shown)})


class _Look:
    """A look through one vault."""

    def __init__(self, host: str, since: datetime) -> None:
        self._host, self._since = host, since
        self._vault: VaultObjects = bootstrap.vault_objects(host)
        self.wrong: list[dict[str, str]] = []

    def due(self) -> list[Place]:
        """Return what is tagged to be renewed and is due, as far as listings tell."""
        found: list[Place] = []
        for kind in (CERTIFICATE, KEY):
            for name, held in self._vault.listed(kind):
                if ENABLED in held.tags and self._is_due(kind, name, held, itself=False):
                    found.append(((held.expires_on or _NEVER).isoformat(), kind, name))
        return sorted(found)

    def wish(self, place: Place) -> dict[str, str] | None:
        """Return what to start for one, if it is still due by its policy."""
        _, kind, name = place
        try:
            if kind == CERTIFICATE:
                held, policy = self._vault.certificate(name)
                itself = renews_itself(policy.get("lifetime_actions"), "AutoRenew")
            else:
                held, _ = self._vault.key(name)
                itself = renews_itself(self._vault.key_policy(name).get("lifetimeActions"), "Rotate")
        except MissingError:
            return None
        if not self._is_due(kind, name, held, itself=itself):
            return None
        return {"vault": self._host, "secret": name, "version": held.version, "kind": kind}

    def _is_due(self, kind: str, name: str, held: Held, *, itself: bool) -> bool:
        request = RotationRequest(self._host, name, held.version)
        try:
            check(held, request, self._since, bootstrap.settings().defaults, itself=itself)
        except Conclusion:
            return False
        except RefusedError as error:
            self.wrong.append({"vault": self._host, "secret": name, "reason": f"{kind}: {error.reason}"})
            return False
        return True
