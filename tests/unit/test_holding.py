"""Until when consumers may hold a key that has been replaced."""

from datetime import UTC, datetime, timedelta

import pytest

from rotation.credential import Credential
from rotation.holding import ReplacedVersion, held_until

pytestmark = pytest.mark.unit

NOW = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEY1, KEY2 = Credential("a2V5MQ=="), Credential("a2V5Mg==")


def replaced(hours_ago: float, key: Credential | None) -> ReplacedVersion:
    return ReplacedVersion(NOW - hours_ago * HOUR, key)


def test_nobody_holds_what_no_version_held() -> None:
    assert held_until([], KEY2, DAY) is None
    assert held_until([replaced(5, KEY1), replaced(1, KEY1)], KEY2, DAY) is None


def test_a_key_is_held_for_one_grace_after_it_was_replaced() -> None:
    assert held_until([replaced(3, KEY2)], KEY2, DAY) == NOW - 3 * HOUR + DAY


def test_the_last_of_several_counts_in_any_order() -> None:
    assert held_until([replaced(1, KEY2), replaced(9, KEY2), replaced(0.5, KEY1)], KEY2, DAY) == NOW - HOUR + DAY


def test_what_cannot_be_read_may_have_held_it() -> None:
    assert held_until([replaced(9, KEY1), replaced(2, None)], KEY2, DAY) == NOW - 2 * HOUR + DAY
