"""`restore_secret` replayed by the SDK's executor."""

from typing import Any

import pytest

from orchestrations.restore_secret import restore_secret
from tests.orchestration.replay import Replay, WorkerDiedError
from tests.orchestration.test_rotate_secret import done, retry, stop

pytestmark = pytest.mark.orchestration

HANDLER = restore_secret._function._func
GIVEN = {
    "rotation_id": "rotate-demo-kv-storage-key-0123456789abcdef",
    "vault": "demo-kv.vault.azure.net",
    "secret": "storage-key",
    "provider": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/"
    "Microsoft.Storage/storageAccounts/demo",
    "version": "b" * 32,
    "previous_version": "a" * 32,
    "reason": "consumers broke",
}
RESTORED = done({"version": "c" * 32, "expires_on": "2026-08-14T01:08:33+00:00", "slot": "key1"})


def run(*answers: Any, given: Any = GIVEN) -> Replay:
    script = [*answers, RESTORED]

    def answer(name: str, payload: Any) -> Any:
        following = script.pop(0)
        if isinstance(following, type):
            raise following
        return following

    replay = Replay(HANDLER, answer, given).run()
    replay.replay_every_prefix()
    return replay


def test_the_previous_value_is_restored_under_the_lock() -> None:
    replay = run()
    assert replay.names() == ["restore_version"]
    assert replay.lock.log == ["acquire", "release"]
    payload = replay.calls[0][1]
    assert {name: payload[name] for name in GIVEN} == GIVEN
    assert replay.output["outcome"] == "restored"
    assert (replay.output["version"], replay.output["slot"]) == ("c" * 32, "key1")
    assert replay.output["rotationId"] == GIVEN["rotation_id"]
    assert replay.output["cause"] == "consumers broke"
    assert replay.statuses[-1] == replay.output


def test_it_is_tried_again_while_azure_does_not_answer() -> None:
    replay = run(retry("503"), WorkerDiedError)
    assert replay.names() == ["restore_version"] * 3
    assert replay.output["outcome"] == "restored"


@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_what_cannot_be_restored_fails_visibly_and_lets_the_lock_go(outcome: str) -> None:
    replay = run(stop(outcome, "its key is dead"))
    assert replay.error == f"{outcome}: restore_version: its key is dead"
    assert replay.lock.log == ["acquire", "release"]


def test_a_version_written_meanwhile_stays() -> None:
    replay = run(stop("superseded", "written meanwhile"))
    assert replay.output["outcome"] == "superseded"


def test_an_input_that_is_none_is_refused_with_every_complaint() -> None:
    replay = run(given={"vault": "nonsense"})
    assert replay.error is not None
    assert all(field in replay.error for field in ("vault", "secret", "version"))
    assert replay.calls == []
