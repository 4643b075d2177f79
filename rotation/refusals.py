"""Every reason not to rotate, in its order.

The cheapest and the most telling answer comes first, and nothing is asked of a target until the secret itself is known
to be due: `check_vault` needs the request only, `check_wanted` and `check_secret` the current version, `check_target`
the target's own description, and `check_keys` the keys.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from rotation.credential import CredentialText
from rotation.failures import RefusedError
from rotation.forms import KeyForm
from rotation.generated import is_reminder
from rotation.model import SecretVersion, Slot, Surroundings, Target
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import RESTORED
from rotation.policy import Defaults, Policy, Verification
from rotation.policy_tags import parse_policy
from rotation.replication import Origin, is_replica
from rotation.request import RotationRequest
from rotation.situation import Situation
from rotation.tags import is_enabled, provider_text

# Key Vault's notice comes about 30 days ahead, which is the default lead, but not to the minute: the sample in its
# documentation is 15 hours early. Calling that "not due" would lose the only notice there is.
EARLY_NOTICE = timedelta(hours=18)

_STORAGE = "microsoft.storage/storageaccounts"


def check_vault(request: RotationRequest, surroundings: Surroundings) -> None:
    """Refuse a vault that is not on the allow-list, before anything is sent to it."""
    if request.vault not in surroundings.allowed_vaults:
        raise RefusedError(f"vault {request.vault} is not in KEY_VAULTS")


def check_wanted(current: SecretVersion) -> None:
    """Skip what nobody asked us to rotate."""
    if is_replica(current.tags):
        origin = Origin.told_by(current.tags)
        primary = f"{origin.secret} in {origin.vault}" if origin else "another secret"
        raise Conclusion(OutcomeName.SKIPPED, f"it is a replica of {primary}, and follows that one's rotation")
    if not is_enabled(current.tags):
        raise Conclusion(OutcomeName.SKIPPED, "RotationEnabled is false")
    if provider_text(current.tags, current.content_type) is None:
        raise Conclusion(OutcomeName.SKIPPED, "no provider: neither a ProviderAddress tag nor a content type names one")


def check_secret(situation: Situation, surroundings: Surroundings, defaults: Defaults) -> Policy:
    """Read the tags and decide whether the secret is due.

    Raises:
        RefusedError: The tags are wrong (every complaint in one), or the version came from a rollback.
        Conclusion: `not_due`, or `skipped` where its expiry is only a reminder.
    """
    current = situation.current
    policy = parse_policy(current.tags, current.content_type, surroundings.kinds, defaults)
    if isinstance(policy, list):
        raise RefusedError("tags: " + "; ".join(policy))
    if not situation.is_ours and not situation.request.force:
        _check_due(situation, policy)
    if is_reminder(policy.provider):
        raise Conclusion(OutcomeName.SKIPPED, "its value is static: its expiry reminds of renewing it by hand")
    return policy


def _check_due(situation: Situation, policy: Policy) -> None:
    current = situation.current
    if situation.written_by.endswith(RESTORED):
        # A restored version keeps its old expiry, so Key Vault announces it at once: rotating it again unasked would
        # undo the rollback within minutes.
        raise RefusedError("the current version came from a rollback: start with force once its consumers are ready")
    if current.expires_on is None:
        raise Conclusion(OutcomeName.NOT_DUE, "the current version never expires")
    if situation.now < due_from(policy, current.expires_on):
        raise Conclusion(OutcomeName.NOT_DUE, f"due from {(current.expires_on - policy.lead).isoformat()}")


def due_from(policy: Policy, expires_on: datetime) -> datetime:
    """Return from when a version is rotated without force."""
    # Bounded, so that the version written now is never due at birth.
    early = min(EARLY_NOTICE, (policy.validity - policy.lead) / 2)
    return expires_on - policy.lead - early


def check_target(policy: Policy, target: Target, surroundings: Surroundings) -> None:
    """Refuse a target whose keys must not be, or cannot be, rotated."""
    name = policy.provider.label
    is_storage = policy.provider.kind == _STORAGE
    if is_storage and name.casefold() in surroundings.own_storage:
        raise RefusedError(f"{name} is the storage account this app itself runs on with a key: use an identity there")
    if target.keys_refused is not None:
        raise RefusedError(f"{name} has {target.keys_refused}: no key of it is accepted")
    if target.probe_endpoint is None and policy.verification is Verification.REQUIRED:
        raise RefusedError(f"there is no harmless way to try a key of {name}: Verification cannot be required")


def check_keys(
    text: CredentialText, policy: Policy, slots: Mapping[str, Slot], form: KeyForm, live: Slot | None
) -> None:
    """Refuse a value that is for another target, and a target without a second key."""
    provider = policy.provider
    stranger = form.stranger(text.fields, provider.names, is_proven=live is not None)
    if stranger is not None:
        raise RefusedError(
            f"the connection string is for another {stranger.noun} than {provider.names[stranger.position]}, "
            "which ProviderAddress names: correct one of the two"
        )
    families = Counter(slot.family for slot in slots.values())
    if min(families.values(), default=0) < 2:
        raise RefusedError(f"{provider.label} has fewer than two keys")


def check_family(policy: Policy, slots: Mapping[str, Slot]) -> Collection[Slot]:
    """Return the slots of which any may be published in place of a dead key; refuse where that could give rights."""
    if len({slot.family for slot in slots.values()}) > 1:
        raise RefusedError(
            f"the value is none of {policy.provider.label}'s keys, and CredentialId does not say which kind of key it "
            f"was: set it to one of {', '.join(slots)}"
        )
    return slots.values()
