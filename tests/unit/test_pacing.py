"""What one throttled call means for the others of its worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from azure_clients.errors import LONGEST_RETRY_AFTER
from azure_clients.pacing import asking, at, reads, ways, writes
from rotation.failures import MissingError, TransientError

pytestmark = pytest.mark.unit

NOW = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)
ACCOUNT = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers"
    "/Microsoft.Storage/storageAccounts/contoso"
)


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    ways.cache_clear()
    yield
    ways.cache_clear()


def ask(after: float = 0, *, refusal: TransientError | None = None, way: str = "vault") -> float | None:
    """Ask at so many seconds from now; return the wait that the caller is given, None when it got through."""
    try:
        with at(NOW + timedelta(seconds=after)), asking("get secret", way):
            if refusal is not None:
                raise refusal
    except TransientError as error:
        return error.retry_after if error.throttled else None
    return None


def too_many(wait: float | None) -> TransientError:
    return TransientError("get secret: 429", wait, throttled=True)


def test_others_are_turned_away_until_the_time_that_the_service_named() -> None:
    assert ask(refusal=too_many(30)) == 30
    assert ask(10) == 20
    assert ask(29.5) == 0.5
    assert ask(30) is None


def test_other_ways_stay_open() -> None:
    ask(refusal=too_many(30))
    assert ask(1, way="another vault") is None


def test_those_turned_away_come_back_one_by_one_at_the_pace_that_was_seen() -> None:
    for second in range(10):
        assert ask(second) is None
    # Ten calls in ten seconds and twenty of waiting: one in three seconds.
    waits = [ask(10, refusal=too_many(20)), *(ask(10) for _ in range(4))]
    assert waits == [20, 23, 26, 29, 32]


def test_a_second_refusal_before_anything_got_through_keeps_the_pace_and_the_queue() -> None:
    for _ in range(10):
        ask()
    assert ask(refusal=too_many(20)) == 20
    assert ask(1, refusal=None) == 21
    assert ask(20, refusal=too_many(20)) == 24


def test_nobody_is_sent_away_for_longer_than_a_lock_can_bear() -> None:
    ask()
    ask(refusal=too_many(1000))
    assert [ask(1) for _ in range(3)][-1] == LONGEST_RETRY_AFTER


def test_a_service_that_names_no_time_is_left_alone_for_a_while() -> None:
    assert ask(refusal=too_many(None)) == 10
    assert ask(9) == 1


def test_trouble_of_other_kinds_closes_nothing() -> None:
    with pytest.raises(TransientError), at(NOW), asking("get secret", "vault"):
        raise TransientError("get secret: 503", 30)
    with pytest.raises(MissingError), at(NOW), asking("get secret", "vault"):
        raise MissingError("get secret: 404")
    assert ask(1) is None


def test_without_a_present_nothing_is_paced() -> None:
    with pytest.raises(TransientError) as raised, asking("get secret", "vault"):
        raise too_many(30)
    assert raised.value.retry_after == 30
    assert ask(1) is None


def test_a_provider_counts_reads_and_writes_of_a_subscription() -> None:
    neighbour = ACCOUNT.replace("/rg/", "/other/").replace("contoso", "fabrikam").upper()
    assert reads(ACCOUNT) == reads(f"{neighbour}/LISTKEYS")
    assert writes(ACCOUNT) == writes(neighbour)
    assert reads(ACCOUNT) != writes(ACCOUNT)
    assert reads(ACCOUNT) != reads(ACCOUNT.replace("11111111-", "22222222-"))
    assert reads(ACCOUNT) != reads(ACCOUNT.replace("Storage/", "Cache/"))


def test_what_came_through_hours_ago_says_nothing_about_the_pace_of_a_burst() -> None:
    assert ask(0) is None
    for second in range(7200, 7210):
        assert ask(second) is None
    assert [ask(7210, refusal=too_many(20)), ask(7210)] == [20, 23]


def test_one_refusal_after_a_quiet_day_makes_nobody_wait_longer_than_the_service_said() -> None:
    assert ask(0) is None
    assert [ask(86_400, refusal=too_many(20)), ask(86_400), ask(86_400)] == [20, 20, 20]


def test_a_trickle_before_a_burst_says_nothing_about_its_pace() -> None:
    for minute in range(60):
        assert ask(minute * 60) is None
    for _ in range(100):
        ask(3600)
    assert [ask(3600, refusal=too_many(50)), ask(3600), ask(3600)] == [50, 50.5, 51]
