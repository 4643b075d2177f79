"""Decides, from the keys, what a rotation has to do: repair, adopt, regenerate, leave home, retire."""

from collections.abc import Collection, Mapping
from datetime import datetime

from rotation.credential import CredentialText, UnknownCredential
from rotation.forms import KeyForm
from rotation.holding import held_until
from rotation.ids import rotation_id
from rotation.model import Slot, Target, beside, live_slot
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import REPAIRED, Plan
from rotation.policy import Policy, SlotStrategy
from rotation.refusals import check_family, check_keys
from rotation.situation import Situation
from rotation.window import Admission, admission


def plan_rotation(
    situation: Situation, policy: Policy, target: Target, slots: Mapping[str, Slot], form: KeyForm
) -> Plan:
    """Decide, from the keys, which of the steps are needed.

    Raises:
        RefusedError: The value's format is unknown, or it names another account, or a slot is missing.
        Conclusion: `superseded`, when this rotation has already done everything.
    """
    text = CredentialText.parse(situation.current.value, form)
    live = live_slot(text, slots)
    check_keys(text, policy, slots, form, live)
    if live is None:
        return _repair(situation, policy, target, slots)
    idle = beside(live, slots)
    if situation.is_ours and not situation.is_interim:
        return _retire(situation, policy, target, live, idle)
    if policy.strategy is SlotStrategy.PINNED and not situation.is_interim and not idle.is_successor:
        return _leave_home(situation, policy, target, live, idle)
    return _renew(situation, policy, target, live, idle)


def _repair(situation: Situation, policy: Policy, target: Target, slots: Mapping[str, Slot]) -> Plan:
    """Drift: publish a key that exists; regenerating one could kill somebody who holds it."""
    successor = next((slot for slot in slots.values() if slot.is_successor), None)
    if successor is not None:
        return _renew(situation, policy, target, None, successor)
    claimed = next((slot for slot in slots.values() if slot.name.casefold() == policy.credential_id), None)
    if claimed and policy.strategy is SlotStrategy.PINNED and situation.is_interim:
        claimed = beside(claimed, slots)
    chosen = claimed or _youngest(check_family(policy, slots))
    return _plan(situation, policy, target, chosen, OutcomeName.REPAIRED)


def _renew(situation: Situation, policy: Policy, target: Target, live: Slot | None, idle: Slot) -> Plan:
    """Publish the idle slot, regenerated now unless that has happened since the current version was made."""
    adopted = _renewed(idle, live, situation.current.created_on)
    held = None if adopted or idle.is_successor else held_until(situation.replaced, idle.key, policy.grace)
    not_before = held if held is not None and held > situation.now else None
    pinned = policy.strategy is SlotStrategy.PINNED
    retire = live if policy.retire_after is not None and not pinned else None
    return _plan(
        situation, policy, target, idle, OutcomeName.ROTATED,
        live=live, regenerate=not adopted, not_before=not_before, retire=retire,
    )  # fmt: skip


def _leave_home(situation: Situation, policy: Policy, target: Target, live: Slot, idle: Slot) -> Plan:
    """Pinned: live on the other slot for one grace, so that the own slot can be regenerated under nobody."""
    return _plan(
        situation,
        policy,
        target,
        live,
        OutcomeName.ROTATED,
        live=live,
        interim_slot=idle.name,
        regenerate=True,
    )


def _retire(situation: Situation, policy: Policy, target: Target, live: Slot, idle: Slot) -> Plan:
    """This rotation has written its version; what may be left is to retire the slot it came from."""
    written = situation.current.created_on
    pinned = policy.strategy is SlotStrategy.PINNED
    repaired = situation.written_by.endswith(REPAIRED)
    dead = isinstance(idle.key, UnknownCredential) or _renewed(idle, live, written)
    if repaired or pinned or policy.retire_after is None or dead:
        raise Conclusion(OutcomeName.SUPERSEDED, "this rotation has already written the current version")
    return _plan(
        situation, policy, target, live, OutcomeName.ROTATED,
        live=live, retire=idle, publish=False, retire_at=written + policy.retire_after,
    )  # fmt: skip


def _plan(
    situation: Situation,
    policy: Policy,
    target: Target,
    slot: Slot,
    outcome: OutcomeName,
    *,
    live: Slot | None = None,
    interim_slot: str | None = None,
    regenerate: bool = False,
    not_before: datetime | None = None,
    publish: bool = True,
    retire: Slot | None = None,
    retire_at: datetime | None = None,
) -> Plan:
    request, current = situation.request, situation.current
    if not publish:
        admitted = Admission()  # retiring has a time of its own, which is known once the grace is over
    elif live is None and policy.windows is not None:
        admitted = Admission(hurry="the window is not waited for: the secret holds no key that works")
    else:
        admitted = admission(policy.windows, situation.now, current.expires_on)
    asks = publish and policy.approval is not None and not situation.is_ours
    return Plan(
        rotation_id=rotation_id(request),
        vault=request.vault,
        secret=request.secret,
        version=current.version,
        previous_version=request.version if situation.is_ours else current.version,
        provider=str(policy.provider),
        probe_endpoint=target.probe_endpoint,
        verification=policy.verification,
        validity_days=policy.validity.days,
        grace_seconds=policy.grace.total_seconds(),
        slot=slot.name,
        witness=slot.witness,
        outcome=outcome,
        live_slot=live.name if live else None,
        interim_slot=interim_slot,
        regenerate=regenerate,
        not_before=not_before,
        publish=publish,
        retire_slot=retire.name if retire else None,
        retire_witness=retire.witness if retire else None,
        retire_at=retire_at,
        late=current.expires_on is not None and current.expires_on <= situation.now,
        expires_on=current.expires_on,
        window=policy.windows.text if policy.windows else None,
        opens=admitted.opens,
        closes=admitted.closes,
        hurry=admitted.hurry,
        approval_seconds=policy.approval.total_seconds() if policy.approval and asks else None,
    )


def _renewed(idle: Slot, live: Slot | None, written: datetime) -> bool:
    """Tell whether the idle slot has been regenerated since the version on the live slot was written.

    Key Vault drops fractions of a second, so a key a little older than the version can look younger. Against that, it
    must be younger than the live slot's key too: the two keys of a new account are of the same instant.
    """
    if idle.created_on is None or idle.created_on < written:
        return False
    return live is None or live.created_on is None or idle.created_on > live.created_on


def _youngest(slots: Collection[Slot]) -> Slot:
    dated = [(slot.created_on, slot.name) for slot in slots if slot.created_on is not None]
    name = max(dated)[1] if dated else next(iter(slots)).name
    return next(slot for slot in slots if slot.name == name)
