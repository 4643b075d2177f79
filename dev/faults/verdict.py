"""What must be true after a case, whatever befell it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dev.simulators import Logins, TwoKeyTarget
from rotation.locking import LEASE

from .blows import Blow
from .outsider import EDIT_TAGS
from .stage import DAY, Managed
from .trial import Trial

_ROUNDS = 6
_AFTERWARDS = 3 * DAY
_OURS = ("CredentialId", "RotationId")


@dataclass(frozen=True)
class Baseline:
    """What the scenario comes to when nothing goes wrong."""

    versions: dict[str, int]
    regenerated: dict[str, int]


def baseline(trial: Trial) -> Baseline:
    """Count what a rotation has made."""
    versions = {name: len(trial.stage.vault.versions(name)) for name in trial.stage.managed}
    return Baseline(versions, dict(trial.ledger.regenerated))


def conclude(trial: Trial, *, with_newcomer: bool) -> Iterator[str]:
    """Bring a case to its end as operators and Key Vault would; name what goes wrong on the way.

    1. The instances end; a secret that comes to the account later gets its turn.
    2. What was broken from outside is mended, what has failed is restarted, what is near its expiry announced again;
       as often as it takes, within bounds.
    3. A secret whose key somebody else killed is repaired by a rotation.
    """
    trial.run(trial.announce())
    yield from _locks(trial)
    if with_newcomer:
        yield from _newcomer(trial)
    yield from wind_up(trial, [trial.outsider.mend])


def wind_up(trial: Trial, mend: Sequence[Callable[[], object]]) -> Iterator[str]:
    """Mend, restart and announce until nothing is left to do; name what fails to the last."""
    statuses = trial.run(trial.instances)
    for number in range(_ROUNDS):
        for each in mend:
            each()
        failed = {one["instanceId"]: one for one in statuses if one["runtimeStatus"] == "Failed"}
        statuses = trial.run([trial.restart(instance, new_id=number % 2 == 1) for instance in failed])
        statuses += trial.run(trial.announce())
        if not statuses:
            break
    yield from _complaints(statuses, f"after {_ROUNDS} rounds")
    for name in trial.stage.managed:
        if not trial.stage.works(name):
            yield from _forced(trial, name, f"repair-{name}")
    if any(problem for secret in trial.stage.managed.values() for problem in _replica(trial, secret)):
        yield from _complaints(trial.sweep()[-1:], "after a sweep")
    trial.pass_time(_AFTERWARDS)
    for each in mend:
        each()


def _locks(trial: Trial) -> Iterator[str]:
    """Nobody is left, so no lock may be held for longer than a lease."""
    for lock in trial.locks():
        until = lock["until"] and datetime.fromisoformat(lock["until"])
        if lock["owner"] and until > trial.clock.now() + LEASE:
            yield f"a lock is held by {lock['owner']} until {until}"


def _newcomer(trial: Trial) -> Iterator[str]:
    """A secret added after the failure is rotated: a dead owner's lock costs it an hour at the most."""
    secret = trial.stage.managed[trial.secrets[0]]
    if isinstance(secret.account, Logins):
        return  # each is one secret's alone
    current = trial.stage.vault.current(secret.name)
    slot = secret.slot_of(current.value.reveal())
    whole = isinstance(secret.account, TwoKeyTarget)
    trial.stage.secret(secret.account, slot, name="newcomer", connection_string=whole)
    trial.host.advance(timedelta(minutes=6))  # the inventory may overlook it for five minutes
    yield from _forced(trial, "newcomer", "newcomer")


def _forced(trial: Trial, name: str, instance: str) -> Iterator[str]:
    """Rotate a secret on request; once more if it was this instance that a blow was left for."""
    statuses = trial.run([trial.force(name, instance)])
    if statuses[0]["runtimeStatus"] == "Failed":
        statuses = trial.run([trial.restart(instance, new_id=False)])
    yield from _complaints(statuses, "on request")


def _complaints(statuses: list[dict[str, Any]], when: str) -> Iterator[str]:
    for status in statuses:
        if status["runtimeStatus"] != "Completed":
            yield f"{when}, {status['instanceId']} is {status['runtimeStatus']}: {status['output']}"


def judge(trial: Trial, blows: tuple[Blow, ...], expected: Baseline) -> Iterator[str]:
    """Name every promise that is broken at the end, or was on the way."""
    yield from promises(trial)
    yield from _regenerations(trial)
    # Two that race for an account may do so in either order.
    if len(trial.secrets) == 1 and not any(blow.is_edit for blow in blows) and "newcomer" not in trial.stage.managed:
        found = baseline(trial)
        # Where keys have no age, a restart cannot know of a regeneration: one more is harmless, and expected.
        aged = all(account.tells_ages for account in trial.stage.accounts)
        if (found if aged else found.versions) != (expected if aged else expected.versions):
            yield f"made {found} instead of {expected}"


def promises(trial: Trial) -> Iterator[str]:
    """Name every promise to a secret or a consumer that is broken."""
    yield from trial.ledger.broken
    for secret in trial.stage.managed.values():
        yield from _secret(trial, secret)
        yield from _replica(trial, secret)
    yield from _consumers(trial)
    yield from _cut_off(trial)


def _replica(trial: Trial, secret: Managed) -> Iterator[str]:
    """A copy has its primary's value in the end, and all else that there is to it."""
    primary, copy = trial.stage.vault.current(secret.name), trial.stage.other_vault.find(secret.name)
    if "ReplicateTo" not in primary.tags or copy is None:
        return
    if copy.value.reveal() != primary.value.reveal():
        yield f"the replica of {secret.name} has another value"
    if (copy.expires_on, copy.content_type, copy.enabled) != (primary.expires_on, primary.content_type, True):
        yield f"the replica of {secret.name} differs from it"
    if not copy.tags.get("ReplicaOf", "").startswith(f"https://{primary.vault_host}/secrets/{secret.name}/"):
        yield f"the replica of {secret.name} does not say what it is"


def _secret(trial: Trial, secret: Managed) -> Iterator[str]:
    current = trial.stage.vault.current(secret.name)
    if not trial.stage.works(secret.name):
        yield f"{secret.name}: version {current.version} is not accepted at the end"
    if current.expires_on is None or current.expires_on < trial.clock.now() + 30 * DAY:
        yield f"{secret.name} has not been renewed"
    if current.content_type != secret.seeded.content_type:
        yield f"{secret.name}: content type is {current.content_type}"
    seeded = secret.seeded.value.reveal()
    if secret.account.around_key(current.value.reveal()) != secret.account.around_key(seeded):
        yield f"{secret.name}: the value's format has changed"
    for name, texts in _tags_wanted(trial, secret).items():
        if current.tags.get(name) not in texts:
            yield f"{secret.name}: tag {name} is {current.tags.get(name)!r} instead of {' or '.join(texts)}"
    if secret.account.slot_of(secret.account.key_in(current.value.reveal())) != current.tags.get("CredentialId"):
        yield f"{secret.name}: CredentialId lies"


def _tags_wanted(trial: Trial, secret: Managed) -> dict[str, list[str]]:
    """Return what each tag may be: as seeded, or as edited; either, where an edit could go unseen or be undone."""
    wanted = {name: [text] for name, text in secret.seeded.tags.items() if name not in _OURS}
    if secret.name in trial.ledger.tags_edited:
        unsure = trial.ledger.in_window or trial.ledger.written_by_hand[secret.name]
        for name, text in EDIT_TAGS.items():
            if not unsure:
                wanted[name] = [text]
            elif name in wanted:
                wanted[name].append(text)
    return wanted


def _consumers(trial: Trial) -> Iterator[str]:
    """Refusals that somebody else has caused are theirs: a dead key, or a secret that could not be read."""
    for consumer in trial.azure.consumers:
        for refusal in consumer.refusals:
            version = consumer.vault.find(consumer.secret, refusal.version)
            key = consumer.account.key_in(version.value.reveal()) if version else ""
            if not (trial.ledger.is_innocent(key) or consumer.secret in trial.ledger.hidden or trial.ledger.in_window):
                yield f"the consumer of {consumer.secret} was refused at {refusal.time:%d %b %H:%M:%S}"


def _cut_off(trial: Trial) -> Iterator[str]:
    """A site that goes on with what it has resolved, as above."""
    for each in trial.azure.cut_off:
        secret = trial.stage.managed[each.value_of.name]
        key = secret.account.key_in(each.value_of.value.reveal())
        if not (trial.ledger.is_innocent(key) or secret.name in trial.ledger.hidden or trial.ledger.in_window):
            yield f"{each.consumer} was cut off at {each.time:%d %b %H:%M:%S} by “{each.change}”"


def _regenerations(trial: Trial) -> Iterator[str]:
    periods = 1 + trial.ledger.written_by_hand.total() + ("newcomer" in trial.stage.managed)
    if not all(account.tells_ages for account in trial.stage.accounts):
        periods += trial.restarts
    if any(isinstance(account, Logins) for account in trial.stage.accounts):
        # There is no other password to repair with: a login whose password somebody has changed gets a new one.
        periods += sum(instance.startswith("repair-") for instance in trial.instances)
    for slot, times in trial.ledger.regenerated.items():
        if times > periods:
            yield f"the app regenerated {slot} {times} times in {periods} periods"
