"""One record of each kind, with something in every field: what documents and queries are compared with."""

from datetime import datetime, timedelta

from rotation import audit
from rotation.audit import Record, Spent
from rotation.consumers import Standing
from rotation.outcomes import Outcome, OutcomeName
from rotation.parking import ParkedEvent
from rotation.refreshing import Refreshing
from rotation.renewal_record import renewal
from rotation.replication_record import replication
from rotation.results import Done, Retry, Stop
from rotation.sweep import SWEEP, Report
from tests.unit import builders
from tests.unit.builders import ADDRESS, HOST, NEXT_VERSION, NOW, SECRET, VERSION

INSTANCE = "rotate-contoso-kv-storage-key-0123456789abcdef"
PAYLOAD = {"instance": INSTANCE, "attempt": 2, "plan": {"vault": HOST, "secret": SECRET, "provider": ADDRESS}}
FACTS = {
    "rotationId": INSTANCE,
    "provider": ADDRESS,
    "previousVersion": VERSION,
    "previousSlot": "key1",
    "slot": "key2",
    "version": NEXT_VERSION,
    "expiresOn": (NOW + timedelta(days=90)).isoformat(),
    "verified": "control-plane",
    "retired": True,
    "rolledBack": False,
    "moved": [f"{HOST}/other"],
    "note": "data plane: 403 AuthorizationFailure",
    "inventory": "second-kv cannot be reached",
    "late": True,
    "retries": 3,
    "throttled": 2,
    "lockWaits": 1,
}


def ended(name: OutcomeName = OutcomeName.ROTATED, reason: str = "", **facts: object) -> Record:
    """Return the record of a rotation's end."""
    spent = Spent(timedelta(days=2, seconds=90), timedelta(days=2), timedelta(seconds=7.5), timedelta(seconds=30))
    outcome = Outcome(name, reason)
    return audit.rotation(INSTANCE, builders.request(reason="SecretExpired"), NOW, outcome, FACTS | facts, spent)


REFRESH = "refresh-sample-kv-storage-key-25fff9f42a79d572"
BEHIND = Refreshing(
    NOW.isoformat(), move=False, rotation=None, waiting=[], standings={"/shop": Standing("/shop", "pinned", VERSION)}
)

REPORT = Report(
    vaults={HOST: {"listed": 12, "due": 3, "started": 2, "joined": 1, "settled": 0}},
    late=1,
    redriven=1,
    drifted=1,
    renewing=1,
    reported=[{"vault": HOST, "secret": "odd", "reason": "tags: RetireAfter is absent"}],
    unreachable={"second-kv.vault.azure.net": "list secrets: no connection"},
)

SAMPLES = (
    ended(OutcomeName.FAILED, "write_version: gave up"),
    audit.step("write_version", PAYLOAD | {"slot": "key2"}, Done({"version": NEXT_VERSION}), 0.25),
    audit.step("write_version", PAYLOAD, Retry("429 TooManyRequests", 17.0, throttled=True), 0.25),
    audit.step("write_version", PAYLOAD, Stop(OutcomeName.REFUSED, "403 Forbidden"), 0.25),
    audit.start(INSTANCE, builders.request(), "joined"),
    audit.action(INSTANCE, builders.request(), "rollback", "consumers broke"),
    audit.wait(
        INSTANCE, builders.request(), "approval", "begun", NOW + timedelta(days=7), "Approve or Reject", late=True
    ),
    audit.parked(ParkedEvent(NOW.isoformat(), "3", 4711, 0, "it is no JSON", "{not json")),
    audit.refresh(REFRESH, builders.request(), BEHIND, timedelta(hours=3)),
    replication(
        INSTANCE.replace("rotate", "replicate"),
        builders.request(reason="sweep"),
        "failed",
        "second-kv.vault.azure.net: 403 Forbidden",
        [
            {"vault": "third-kv.vault.azure.net", "state": "mended"},
            {"vault": "second-kv.vault.azure.net", "state": "behind"},
        ],
        timedelta(seconds=2.5),
    ),
    renewal(
        INSTANCE.replace("rotate", "key"),
        "key",
        builders.request(reason="KeyNearExpiry"),
        "rotated",
        "a reason",
        NEXT_VERSION,
        "pinned to a version of the key: contosodata",
        timedelta(seconds=1.5),
    ),
    *audit.sweep(SWEEP, NOW, REPORT, NOW + timedelta(minutes=4)),
)
FIELDS = {sample.kind: ["record", *sample.fields] for sample in SAMPLES}


def sort(value: object) -> str:
    """Name a value as docs/monitoring.md does: text, number, flag or time."""
    match value:
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case _:
            try:
                datetime.fromisoformat(str(value))
            except ValueError:
                return "text"
            return "time"


SORTS = {
    kind: {
        name: sort(value)
        for sample in SAMPLES
        if sample.kind == kind
        for name, value in [("record", kind), *sample.fields.items()]
        if value is not None
    }
    for kind in FIELDS
}
