"""The orchestration that has Key Vault replace one version of a key."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations.renewing import Renewal
from rotation.outcomes import Conclusion
from rotation.renewal import KEY

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def rotate_key(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Rotate what the input names.

    1. check_key: or end here.
    2. add_key_version: Key Vault makes it; the old version goes on decrypting.
    3. find_pinned_users: who stays on the old version, and is told in `note`.
    """
    renewal = Renewal(context, KEY)
    return (yield from renewal.to_its_end(_rotate(renewal)))


def _rotate(renewal: Renewal) -> Generator[Any, Any, str]:
    yield from renewal.step("check_key")
    made = yield from renewal.step("add_key_version")
    renewal.progress.facts.update(version=made["version"], expiresOn=made["expires_on"])
    notes = [] if made["expires_on"] else ["the new version never expires: set expiryTime in the key's rotation policy"]
    try:
        found = yield from renewal.step("find_pinned_users")
        notes += _told(found)
    except Conclusion as conclusion:
        # The key is rotated whether or not they can be found.
        notes.append(f"those who use it could not be looked for: {conclusion.outcome.reason}")
    if notes:
        renewal.progress.facts.update(note="; ".join(notes))
    return "rotated"


def _told(found: dict[str, Any]) -> list[str]:
    told = []
    if found["pinned"]:
        more = f" and {found['more']} more" if found["more"] else ""
        told.append(f"pinned to a version of the key: {', '.join(found['pinned'])}{more}")
    if found["unread"]:
        told.append(f"not looked through: {', '.join(found['unread'])}")
    return told
