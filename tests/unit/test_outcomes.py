"""What an ending tells."""

import pytest

from rotation.outcomes import Conclusion, Outcome, OutcomeName

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("passes", [True, False])
def test_what_failed_tells_whether_its_reason_passes(passes: bool) -> None:
    assert Outcome(OutcomeName.FAILED, "gave up", passes=passes).to_json()["passes"] is passes
    assert Conclusion(OutcomeName.FAILED, "gave up", passes=passes).outcome.passes is passes


def test_whoever_does_not_say_so_fails_for_good() -> None:
    assert Conclusion(OutcomeName.FAILED, "a bug").outcome.to_json()["passes"] is False


@pytest.mark.parametrize("name", [name for name in OutcomeName if name is not OutcomeName.FAILED])
def test_no_other_ending_has_anything_to_say_about_it(name: OutcomeName) -> None:
    assert "passes" not in Outcome(name, passes=True).to_json()
