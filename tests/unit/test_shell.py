"""The shell of an activity: whatever happens inside, only a short, scrubbed result gets out."""

import json
import logging
from typing import Any

import pytest

from activities import shell
from rotation.failures import (
    DeniedError,
    DisabledError,
    MissingError,
    RefusedError,
    RotationError,
    TransientError,
)
from rotation.outcomes import Conclusion, OutcomeName
from rotation.results import Done, Result, Retry, Stop, from_json

pytestmark = pytest.mark.unit

CANARY = "canary/Zm9vYmFy+canary=="


def ended(error: BaseException) -> Result:
    def body(_payload: dict[str, Any]) -> Result:
        raise error

    return from_json(json.loads(json.dumps(shell.run("step", body, {}))))


@pytest.mark.parametrize("result", [Done({"slot": "key1"}), Retry("busy", 2.0), Stop(OutcomeName.SKIPPED, "paused")])
def test_a_result_gets_out_as_it_is(result: Result) -> None:
    assert from_json(shell.run("step", lambda _payload: result, {})) == result


def test_the_body_gets_the_payload() -> None:
    assert shell.run("step", lambda payload: Done({"got": payload["slot"]}), {"slot": "key2"})["value"] == {
        "got": "key2"
    }


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (TransientError("busy"), Retry("busy")),
        (TransientError("busy", 17.0), Retry("busy", 17.0)),
        (TransientError("busy", throttled=True), Retry("busy", throttled=True)),
        (RefusedError("no"), Stop(OutcomeName.REFUSED, "no")),
        (DeniedError("no right"), Stop(OutcomeName.REFUSED, "no right")),
        (MissingError("gone"), Stop(OutcomeName.REFUSED, "gone")),
        (DisabledError("off"), Stop(OutcomeName.REFUSED, "off")),
        (RotationError("other"), Stop(OutcomeName.REFUSED, "other")),
        (Conclusion(OutcomeName.SUPERSEDED, "newer"), Stop(OutcomeName.SUPERSEDED, "newer")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_expected_trouble_is_data(error: Exception, result: Result) -> None:
    assert ended(error) == result


def unexpected() -> list[Exception]:
    context = ValueError(CANARY)
    context.__cause__ = KeyError(CANARY)
    noted = RuntimeError(CANARY)
    noted.add_note(CANARY)
    return [
        context,
        noted,
        KeyError(CANARY),
        UnicodeEncodeError("utf-8", CANARY, 0, 1, CANARY),
        ExceptionGroup(CANARY, [ValueError(CANARY)]),
        AssertionError({"value": CANARY}),
    ]


@pytest.mark.parametrize("error", unexpected(), ids=lambda error: type(error).__name__)
def test_a_bug_is_told_by_class_and_place_alone(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        result = ended(error)
    assert isinstance(result, Stop)
    assert result.outcome is OutcomeName.FAILED
    assert result.reason.startswith(f"unexpected {type(error).__name__} at test_shell.py:")
    everything = result.reason + caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert CANARY not in everything
    assert "Zm9vYmFy" not in everything


def test_what_a_step_answers_is_recorded_without_its_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "secret_rotation"):
        shell.run("verify_key", lambda _payload: Done({"note": CANARY}), {"plan": CANARY})
        shell.run("write_version", lambda _payload: Retry("busy", fallback={"note": CANARY}), {})
        shell.run("swap_slot", lambda _payload: Stop(OutcomeName.REFUSED, "no right"), {})
    written = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(one["step"], one["result"], one["reason"]) for one in written] == [
        ("verify_key", "done", None),
        ("write_version", "retry", "busy"),
        ("swap_slot", "stop", "no right"),
    ]
    assert CANARY not in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)], ids=lambda error: type(error).__name__)
def test_a_worker_that_is_told_to_stop_stops(error: BaseException) -> None:
    with pytest.raises(type(error)):
        ended(error)
