"""The year measures what was planted, plays the same again from the same seed, and treats all contenders alike."""

from datetime import timedelta
from typing import Any

import pytest

from dev.bench.year.holding import Span
from dev.bench.year.judge import Judge
from dev.bench.year.measures import Measures
from dev.bench.year.mishaps import draw
from dev.bench.year.notices import NEAR_EXPIRY, Event, Notices
from dev.bench.year.on_call import OnCall
from dev.bench.year.peers import OnEventHub
from dev.bench.year.play import Job, Name, play
from dev.bench.year.population import DAY, NOTICE, SecretSpec, population
from dev.bench.year.stage import BEGIN, Stage
from tests.bench.conftest import NEIGHBOUR, SECRET, Staging, spec

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


def publish(stage: Stage, slot: str, secret: str = SECRET, **changes: Any) -> None:
    """Write a version as a faultless contender would, but for some changes."""
    known = stage.specs[secret]
    properties: dict[str, Any] = {
        "value": stage.value(known, slot),
        "tags": stage.tags(known, slot),
        "content_type": stage.account(secret).resource_id,
        "expires_on": stage.clock.now() + known.validity,
    }
    stage.vault.set_secret(secret, **(properties | changes))


def judged(stage: Stage, on_call: OnCall | None = None) -> Measures:
    year = Span(BEGIN, BEGIN + 100 * DAY)
    stage.clock.advance(year.end - stage.clock.now())
    return Judge(stage, year, seed=1).measures(on_call.interventions if on_call else [])


# --- what is planted is measured


def test_nothing_is_held_against_whoever_does_it_right(staged: Staging) -> None:
    stage = staged()
    stage.accounts["store"].regenerate("key2")
    publish(stage, "key2")
    found = judged(stage)
    assert found.findings == []
    assert (found.rotations, found.needless, dict(found.downtime)) == (1, 0, {})


def test_a_live_key_that_was_regenerated_costs_the_time_until_each_consumer_has_read_again(staged: Staging) -> None:
    stage = staged()
    stage.clock.advance(10 * DAY)
    stage.accounts["store"].regenerate("key1")
    stage.clock.advance(3 * HOUR)
    publish(stage, "key1")
    found = judged(stage)
    assert found.dead_hours["own"] == pytest.approx(3)
    assert found.dead["own"] == 1
    assert 3 <= found.down("1 min", "own") <= 3 + 1 / 60
    assert 3 <= found.down("1 h", "own") <= 4
    assert 3 <= found.down("24 h", "own") <= 27


def test_what_was_killed_in_the_portal_is_counted_apart(staged: Staging) -> None:
    stage = staged()
    on_call = OnCall(stage)
    stage.clock.advance(10 * DAY)
    with stage.by_hand():
        stage.accounts["store"].regenerate("key1")
    found = judged(stage, on_call)
    assert found.dead_hours == {"hand": pytest.approx(4)}
    assert (found.interventions_for("hand"), found.interventions_for("own", "lie")) == (1, 0)
    assert found.down("1 min", "own", "lie") == 0
    assert 4 <= found.down("1 min", "hand") <= 4 + 1 / 60
    assert stage.live_slot(SECRET) is not None


def test_a_key_published_before_it_is_accepted_is_dead_meanwhile(staged: Staging) -> None:
    stage = staged(spec(propagation=timedelta(minutes=30)))
    stage.accounts["store"].regenerate("key2")
    publish(stage, "key2")
    found = judged(stage)
    assert found.dead_hours == {"own": pytest.approx(0.5)}


def test_an_expired_secret_is_counted_and_after_a_day_mended(staged: Staging) -> None:
    stage = staged()
    on_call = OnCall(stage)
    found = judged(stage, on_call)
    assert found.expired == 1
    assert found.expired_hours == pytest.approx(24)
    assert found.interventions_for("own") == 1
    assert found.downtime == {}


@pytest.mark.parametrize(
    ("changes", "formats", "tags"),
    [
        ({"value": "the bare key"}, 1, 0),
        ({"content_type": None}, 0, 1),
        ({"tags": {"owner": "team-e"}}, 0, 1),
    ],
)
def test_a_lost_format_tag_or_content_type_is_counted(
    staged: Staging, changes: dict[str, Any], formats: int, tags: int
) -> None:
    stage = staged()
    if "value" in changes:
        changes = {"value": stage.accounts["store"].key("key1")}
    publish(stage, "key1", **changes)
    found = judged(stage)
    assert (found.formats_broken, found.tags_broken) == (formats, tags)


def test_a_tag_that_a_contender_wrote_wrong_is_counted_and_one_that_somebody_edited_is_not(staged: Staging) -> None:
    stage = staged(spec(), spec(NEIGHBOUR, account="other"))
    publish(stage, "key1", tags=stage.tags(stage.specs[SECRET], "key2"))
    publish(stage, "key1", NEIGHBOUR)
    stage.vault.update(NEIGHBOUR, tags={})
    assert judged(stage).tags_broken == 1


def test_a_key_made_too_early_or_for_nobody_is_needless(staged: Staging) -> None:
    stage = staged(spec(age=10 * DAY))
    stage.accounts["store"].regenerate("key2")
    publish(stage, "key2")  # 90 days before the end
    stage.clock.advance(DAY)
    stage.accounts["store"].regenerate("key1")  # never published
    assert judged(stage).needless == 2


def test_retiring_an_old_key_is_needless_only_where_nobody_asked_for_it(staged: Staging) -> None:
    def rotate_and_retire(name: str) -> None:
        account = stage.account(name)
        account.regenerate("key2")
        publish(stage, "key2", name)
        stage.clock.advance(3 * DAY)
        account.regenerate("key1")

    stage = staged(spec(retire_after="P2D"), spec(NEIGHBOUR, account="other"))
    rotate_and_retire(SECRET)
    assert judged(stage).needless == 0
    stage = staged(spec(), spec(NEIGHBOUR, account="other"))
    rotate_and_retire(SECRET)
    assert judged(stage).needless == 1


def test_moving_a_neighbour_is_no_rotation(staged: Staging) -> None:
    stage = staged(spec(), spec(NEIGHBOUR, slot="key2", age=10 * DAY))
    expires = stage.vault.current(NEIGHBOUR).expires_on
    publish(stage, "key1", NEIGHBOUR, expires_on=expires)
    stage.clock.advance(2 * DAY)
    stage.accounts["store"].regenerate("key2")
    publish(stage, "key2")
    found = judged(stage)
    assert (found.rotations, found.needless) == (1, 0)


# --- what is played


def announced(stage: Stage, lasting: timedelta, seed: int = 1) -> list[Event]:
    found: list[Event] = []
    Notices(stage, seed, found.append)
    stage.clock.advance(lasting)
    return found


def test_a_version_is_announced_thirty_days_ahead_and_once_expired(staged: Staging) -> None:
    stage = staged(spec(age=50 * DAY))
    kinds = [(one["type"].rpartition(".")[2], one["time"][:10]) for one in announced(stage, 60 * DAY)]
    assert kinds == [("SecretNearExpiry", "2026-01-21"), ("SecretExpired", "2026-02-20")]


def test_a_version_born_near_its_end_is_announced_at_once_and_a_replaced_one_never(staged: Staging) -> None:
    stage = staged(spec(age=50 * DAY))
    publish(stage, "key1", expires_on=stage.clock.now() + 2 * HOUR)
    short = stage.vault.current(SECRET).version
    events = announced(stage, HOUR)
    assert [(one["type"], one["data"]["Version"]) for one in events] == [(NEAR_EXPIRY, short)]
    publish(stage, "key1")
    assert announced(stage, 30 * DAY) == []


def test_some_events_are_lost_and_some_come_again(staged: Staging) -> None:
    stage = staged(*(spec(f"s{number}", account=f"store{number}") for number in range(300)))
    events = announced(stage, 2 * DAY)
    arrived = {one["data"]["ObjectName"] for one in events}
    assert 285 <= len(arrived) < 300
    assert len(events) > len(arrived) + 10


def test_the_population_is_what_was_asked_for() -> None:
    specs = population(seed=3, vault=0, many=100)
    assert sum(one.connection_string for one in specs) == 50
    accounts = [one.account for one in specs]
    assert sum(accounts.count(one.account) == 2 for one in specs) == 10
    assert {31 <= one.validity.days <= 365 for one in specs} == {True}
    assert all(one.age <= one.validity - NOTICE for one in specs)
    assert specs == population(seed=3, vault=0, many=100)
    assert specs != population(seed=4, vault=0, many=100)


def test_everything_goes_wrong_and_the_same_for_the_same_seed() -> None:
    specs = population(seed=1, vault=0, many=100)
    schedule = draw(1, 0, specs, 365 * DAY)
    assert schedule == draw(1, 0, specs, 365 * DAY)
    kinds = {one.fault for one in schedule.mishaps}
    assert kinds == {"throttled", "broken", "unavailable", "dropped", "reply lost", "worker dies", "host dies"}
    assert {one.act for one in schedule.acts} == {"live key regenerated", "idle key regenerated", "tag lies"}
    assert {one.service for one in schedule.outages} == {"vault", "resource manager"}


# --- whole years, small ones


@pytest.mark.parametrize("contender", ["this app", "PowerShell", "KSSEDR", "KSSEDR as written"])
def test_a_year_plays_the_same_again_from_the_same_seed(contender: Name) -> None:
    secrets, days = (1, 1) if contender == "KSSEDR as written" else (4, 40)
    job = Job(contender, seed=4, vault=0, secrets=secrets, days=days)
    first, second = play(job), play(job)
    assert first == second
    assert first.rotations > 0


def test_a_lost_event_expires_a_peers_secret_and_not_the_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.bench.year.notices._LOST", 1.0)
    job = Job("PowerShell", seed=4, vault=0, secrets=4, days=70)
    theirs = play(job)
    ours = play(Job("this app", seed=4, vault=0, secrets=4, days=70))
    assert theirs.expired > 0
    assert theirs.rotations == 0
    assert (ours.expired, ours.interventions_for("own", "lie"), ours.failed) == (0, 0, [])
    assert ours.rotations > 0


def test_the_year_sees_what_the_app_does_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked to publish keys without trying them, where they take five minutes to be accepted."""
    tags: Any = vars(SecretSpec)["tags"]
    monkeypatch.setattr("dev.bench.year.population._PROPAGATION", (timedelta(minutes=5),))
    monkeypatch.setattr(SecretSpec, "tags", property(lambda one: {**tags.fget(one), "Verification": "off"}))
    found = play(Job("this app", seed=4, vault=0, secrets=3, days=30))
    assert found.rotations > 0
    assert found.dead_hours["own"] == pytest.approx(found.rotations * 5 / 60)
    assert found.down("1 min", "own") > 0
    assert any(one.startswith("dead in the vault: secret-0-") for one in found.findings)


def test_kssedr_on_its_hub_can_be_given_another_validity(staged: Staging) -> None:
    stage = staged()
    hub = OnEventHub(stage, lambda secret: stage.specs[secret].validity)
    Notices(stage, 1, hub.deliver)
    while (due := stage.clock.next_due()) is not None and due < BEGIN + DAY:
        stage.clock.advance(max(due - stage.clock.now(), timedelta(0)))
        hub.step()
    written = stage.vault.current(SECRET)
    assert written.expires_on == written.created + 100 * DAY
