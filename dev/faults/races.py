"""Random schedules: several secrets on two accounts, and everybody doing something at any time.

Hypothesis chooses what happens next; after every step no promise may be broken, and at the end everything must come to
a good end. A schedule that fails is shrunk to the few steps that matter and printed with its calls.
"""

from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from dev.simulators.invariant import account_key

from .arena import Arena
from .outsider import Outsider
from .scenarios import Scenario
from .schedule import schedule
from .stage import DAY, Stage
from .trial import Trial
from .verdict import promises, wind_up

SECRETS = ("first", "second", "third", "home")
ACTIVITIES = ("read_metadata", "find_neighbours", "move_secret", "regenerate_key", "verify_key", "write_version")
OPERATIONS = (
    "keyvault.getSecret",
    "keyvault.setSecret",
    "keyvault.listSecrets",
    "storage.listKeys",
    "storage.regenerateKey",
    "blob.*",
)
PAUSES = (timedelta(seconds=5), timedelta(minutes=10), timedelta(hours=2), timedelta(hours=25), 4 * DAY)


def _seed(stage: Stage) -> tuple[str, ...]:
    shared, own = stage.account("sharedstore"), stage.account("ownstore")
    stage.secret(shared, "key1", name="first")
    stage.secret(shared, "key2", name="second", connection_string=True, RetireAfter="P1D")
    stage.secret(shared, "key1", name="third", expires_in=80 * DAY)
    stage.secret(own, "key1", name="home", SlotStrategy="pinned")
    return SECRETS


class Races(RuleBasedStateMachine):
    """One schedule."""

    arena: ClassVar[Arena]

    def __init__(self) -> None:
        super().__init__()
        self.trial = Trial(self.arena, Scenario("races", _seed))
        self.trial.__enter__()
        self.forced = 0
        stage, ledger = self.trial.stage, self.trial.ledger
        self.others = {name: Outsider(stage, ledger, stage.managed[name]) for name in SECRETS}

    @rule(names=st.lists(st.sampled_from(SECRETS), min_size=1, max_size=3))
    def announce(self, names: list[str]) -> None:
        """Key Vault's events come, repeats included."""
        self.trial.announce(names)
        self.trial.host.wait_idle()

    @rule(pause=st.sampled_from(PAUSES))
    def wait(self, pause: timedelta) -> None:
        """Time passes."""
        self.trial.pass_time(pause)

    @precondition(lambda self: self.trial.instances)
    @rule(data=st.data(), new_id=st.booleans())
    def restart(self, data: st.DataObject, new_id: bool) -> None:
        """An operator restarts what has ended."""
        instance = data.draw(st.sampled_from(self.trial.instances))
        status = self.trial.host.status(instance)
        if status is not None and status["runtimeStatus"] in ("Completed", "Failed"):
            self.trial.restart(instance, new_id=new_id)
            self.trial.host.wait_idle()

    @rule(name=st.sampled_from(SECRETS))
    def force(self, name: str) -> None:
        """Somebody wants a rotation now."""
        self.forced += 1
        self.trial.force(name, f"forced-{self.forced}")
        self.trial.host.wait_idle()

    @rule(name=st.sampled_from(SECRETS))
    def regenerate_by_hand(self, name: str) -> None:
        """Somebody regenerates a slot that no secret lives on."""
        stage = self.trial.stage
        account = stage.managed[name].account
        lived_on = {account_key(stage.vault.value(each)) for each in stage.managed}
        for slot in ("key1", "key2"):
            if account.key(slot) not in lived_on:
                with self.trial.ledger.by_hand(f"regenerates {account.name}/{slot}"):
                    account.regenerate(slot)
                return

    @rule(name=st.sampled_from(SECRETS), edit=st.sampled_from(("tags edited", "version with the live key")))
    def edit(self, name: str, edit: str) -> None:
        """Somebody edits a secret."""
        self.others[name].make(edit)

    @rule(name=st.sampled_from(SECRETS), paused=st.booleans())
    def pause(self, name: str, paused: bool) -> None:
        """Somebody pauses a secret, or lets it go on."""
        if paused:
            self.others[name].make("rotation paused")
        else:
            self.others[name].mend()

    @rule(activity=st.sampled_from(ACTIVITIES), when=st.sampled_from(("before", "after")), nth=st.integers(1, 3))
    def worker_dies(self, activity: str, when: Any, nth: int) -> None:
        """A worker will die in an activity."""
        self.trial.host.crash_worker("activity", activity, nth=nth, when=when)

    @rule(nth=st.integers(1, 8))
    def worker_dies_in_episode(self, nth: int) -> None:
        """A worker will die in an episode of the orchestrator."""
        self.trial.host.crash_worker("orchestrator", "rotate_secret", nth=nth)

    @rule(operation=st.sampled_from(OPERATIONS), after=st.booleans(), times=st.integers(1, 3))
    def calls_fail(self, operation: str, after: bool, times: int) -> None:
        """Azure will be unwell, or lose replies."""
        self.trial.azure.faults.add(
            operation, times=times, when="after" if after else "before", drop=after, status=None if after else 503
        )

    @invariant()
    def no_promise_is_broken(self) -> None:
        """The promises hold after every step; each was checked at every change of state."""
        assert not self.trial.ledger.broken, self._told(self.trial.ledger.broken)  # noqa: S101 - how hypothesis is told

    def teardown(self) -> None:
        """Let everything come to its end: mended, restarted, announced again."""
        try:
            mend = [other.mend for other in self.others.values()]
            problems = [*wind_up(self.trial, mend), *promises(self.trial)]
            assert not problems, self._told(problems)  # noqa: S101 - how hypothesis is told
        finally:
            self.trial.__exit__(None, None, None)

    def _told(self, problems: list[str]) -> str:
        return "\n".join([*problems, schedule(self.trial)])


def profile(examples: int, *, steps: int, shrink: bool = True) -> settings:
    """Return how many schedules to try, and how long ones."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )


def race(arena: Arena, examples: int, seed: int, *, steps: int = 25) -> list[str]:
    """Try random schedules and return the shortest that breaks a promise, if any does."""
    Races.arena = arena
    try:
        run_state_machine_as_test(with_seed(seed)(type("Races", (Races,), {})), settings=profile(examples, steps=steps))
    except Exception as error:  # whatever it is, it is a finding
        notes = "\n".join(getattr(error, "__notes__", []))
        return [f"race of seed {seed}: {type(error).__name__}: {error}\n{notes}"]
    return []
