"""Every reason not to rotate, in its order.

The cheapest and the most telling answer comes first, and nothing is asked of a target until the secret itself is known
to be due: `check_vault` needs the request only, `check_wanted` and `check_secret` the current version, `check_target`
the target's own description, and `check_keys` the keys.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rotation.credential import CredentialText
from rotation.failures import RefusedError
from rotation.model import SecretVersion, Slot, Surroundings, Target
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import RESTORED
from rotation.policy import Defaults, Policy, parse_policy
from rotation.request import RotationRequest
from rotation.situation import Situation
from rotation.tags import is_enabled, provider_text

# Key Vault's notice comes about 30 days ahead, which is the default lead, but not to the minute: the sample in its
# documentation is 15 hours early. Calling that "not due" would lose the only notice there is.
EARLY_NOTICE = timedelta(hours=18)


def check_vault(request: RotationRequest, surroundings: Surroundings) -> None:
    """Refuse a vault that is not on the allow-list, before anything is sent to it."""
    if request.vault not in surroundings.allowed_vaults:
        raise RefusedError(f"vault {request.vault} is not in KEY_VAULTS")


def check_wanted(current: SecretVersion) -> None:
    """Skip what nobody asked us to rotate."""
    if not is_enabled(current.tags):
        raise Conclusion(OutcomeName.SKIPPED, "RotationEnabled is false")
    if provider_text(current.tags, current.content_type) is None:
        raise Conclusion(OutcomeName.SKIPPED, "no provider: neither a ProviderAddress tag nor a content type names one")


def check_secret(situation: Situation, surroundings: Surroundings, defaults: Defaults) -> Policy:
    """Read the tags and decide whether the secret is due.

    Raises:
        RefusedError: The tags are wrong (every complaint in one), or the version came from a rollback.
        Conclusion: `not_due`.
    """
    current = situation.current
    policy = parse_policy(current.tags, current.content_type, surroundings.known_types, defaults)
    if isinstance(policy, list):
        raise RefusedError("tags: " + "; ".join(policy))
    if situation.is_ours or situation.request.force:
        return policy
    if situation.written_by.endswith(RESTORED):
        # A restored version keeps its old expiry, so Key Vault announces it at once: rotating it again unasked would
        # undo the rollback within minutes.
        raise RefusedError("the current version came from a rollback: start with force once its consumers are ready")
    if current.expires_on is None:
        raise Conclusion(OutcomeName.NOT_DUE, "the current version never expires")
    if situation.now < due_from(policy, current.expires_on):
        raise Conclusion(OutcomeName.NOT_DUE, f"due from {(current.expires_on - policy.lead).isoformat()}")
    return policy


def due_from(policy: Policy, expires_on: datetime) -> datetime:
    """Return from when a version is rotated without force."""
    # Bounded, so that the version written now is never due at birth.
    early = min(EARLY_NOTICE, (policy.validity - policy.lead) / 2)
    return expires_on - policy.lead - early


def check_target(policy: Policy, target: Target, surroundings: Surroundings) -> None:
    """Refuse a target whose keys must not be, or cannot be, rotated."""
    name = policy.provider.name
    if name.casefold() in surroundings.own_storage:
        raise RefusedError(f"{name} is the storage account this app itself runs on with a key: use an identity there")
    if not target.shared_key_allowed:
        raise RefusedError(f"{name} has shared key access disabled: no key of it is accepted")


def check_keys(text: CredentialText, policy: Policy, slots: Mapping[str, Slot]) -> None:
    """Refuse a value that is for another account, and an account without a second key."""
    if text.account_name is not None and text.account_name.casefold() != policy.provider.name.casefold():
        raise RefusedError(
            f"the connection string is for another account than {policy.provider.name}, "
            "which ProviderAddress names: correct one of the two"
        )
    if len(slots) < 2:
        raise RefusedError(f"{policy.provider.name} has fewer than two keys")
