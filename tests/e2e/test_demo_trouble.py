"""`make demo KEEP=1`: the trouble that is left to practise on is the trouble that the runbook is about."""

from collections.abc import Iterator

import pytest
import requests

from dev.demo import trouble
from dev.demo.stage import stage
from dev.faults.arena import forget_process

pytestmark = pytest.mark.e2e

EXPECTED = {
    "shop": ("Running", "ConsumersReady, Rollback or the end of the grace"),
    "billing": ("Failed", "ValidityPeriodDays is text of 6 characters"),
    "reports": ("Failed", "shared key access disabled"),
    "archive": ("Failed", "archivestore not found"),
    "media": ("Failed", "list storage keys: 403"),
    "partner": ("Failed", "verify_key: gave up"),
    "legacy": ("Completed", "repaired"),
    "web": ("Completed", "RotationEnabled is false"),
    "backup": ("Running", "regenerate storage key: 429"),
}


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    forget_process()
    yield
    forget_process()


def test_each_secret_is_in_the_trouble_it_is_there_for() -> None:
    with stage() as playing:
        trouble.plant(playing)
        listed = requests.get(f"{playing.host.url}/runtime/webhooks/durabletask/instances", timeout=30).json()
        shown = {
            status["customStatus"]["secret"].removesuffix("-storage"): (status["runtimeStatus"], status["customStatus"])
            for status in listed
            if status["instanceId"].startswith("rotate-")
        }
        assert set(shown) == set(EXPECTED)
        for name, (status, words) in EXPECTED.items():
            assert shown[name][0] == status, name
            assert words in str(shown[name][1]), name
        parked = requests.get(
            f"{playing.host.url}/runtime/webhooks/durabletask/entities/ParkedEvents/all", timeout=30
        ).json()
        assert "kv-of-another-team" in parked[0]["reason"]
        assert playing.azure.invariant_violations == []
