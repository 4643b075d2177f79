"""What a reader of the costs has to know: where the calls, the CPU time, the start and the memory go, and why."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from dev.bench.import_parts import PARTS, REST

from .ablation import KINDS, Finding
from .bill import Bill
from .cpu import Cpu, Spent, ratios
from .imports import Imports
from .leaks import APP_ITSELF, HOST, SIMULATORS
from .removals import Removal


def reads(found: Mapping[Removal | None, Finding], plain: Bill) -> Iterator[str]:
    """Say what each read is for."""
    as_it_is = found[None]
    rows = [_row("none: the app as it is", as_it_is)]
    rows += [_row(str(removal), finding) for removal, finding in found.items() if removal is not None]
    heading = ["read that is left out", "cases", "broken", *KINDS, "failed"]
    calls = plain.calls.total()
    yield (
        f"**What the {calls} calls buy.** The plain scenario of the fault matrix, once without each read "
        "that repeats an earlier one, which is then answered from what the worker saw last: somebody else's edits, "
        "lost replies and deaths of the worker at every call. Counted are cases in which a promise was broken, by "
        "kind, and cases in which an instance failed, so that it had to be restarted. What is broken in the first row "
        "fell between two reads in front of one effect; no order of reads closes that gap."
    )
    yield _table(heading, rows)
    idle = [str(removal) for removal, one in found.items() if removal is not None and one.broken <= as_it_is.broken]
    if idle:
        yield (
            f"Without these, no more promises were broken: {'; '.join(idle)}. It cannot be left out for all that: the "
            "table answers it from the worker's memory, but the activity that tries a key needs the key, keys never "
            "travel between activities, and the next activity may run on another worker."
        )
    yield from _least()


_SERVICES = ("getSecret", "getAccount", "listKeys", "regenerateKey", "trial", "setSecret")
_LEAST: Sequence[tuple[str, Sequence[int]]] = (
    ("the floor: one of each, no second look, nothing read back", (1, 1, 1, 1, 1, 1)),
    ("everything in one activity, read back", (2, 1, 1, 1, 1, 1)),
    ("all that follows the plan in one activity, a look before the effects", (3, 1, 2, 1, 1, 1)),
    ("activities of one effect each, read back, no look before regenerating", (3, 1, 3, 1, 1, 1)),
    ("and a look before regenerating: this app", (4, 1, 4, 1, 1, 1)),
)
"""The fewest calls that some designs can do with, by what they call."""


def _least() -> Iterator[str]:
    yield (
        "**The target of 8** is out of reach of steps that hold one effect each and carry no credential from one "
        "to the next. Planning compares the value with both keys; trying the new key takes the key; publishing it "
        "takes the key and the value, whose format is kept; and what was written is read back. That makes 10 "
        "calls, the floor for such steps. The two more are a look right before the slot is regenerated: at the "
        "slot, or an activity that is repeated would make a second key; and at the secret, or it would kill the "
        "key of a version that somebody has written since (the table above counts both). A single activity would "
        "come to 7, but it could not wait for a new key to be known without holding a worker for minutes, and one "
        "that dies in the middle of it knows nothing of what it has done. So the target stays, and stays missed."
    )
    rows = [[design, *map(str, many), str(sum(many))] for design, many in _LEAST]
    yield _table(["", *_SERVICES, "together"], rows)


def processor(measured: Cpu) -> Iterator[str]:
    """Say where CPU time goes."""
    lock, _ = ratios(measured.locked, measured.five)
    own, _ = ratios(measured.ours, measured.locked)
    unit = statistics.median(one.whole for one in measured.five)
    columns: Sequence[Sequence[Spent]] = (measured.five, measured.locked, measured.ours)

    def row(name: str, part: str) -> list[str]:
        middles = (statistics.median(getattr(one, part) for one in column) / unit for column in columns)
        return [name, *(f"{middle:.2f}" for middle in middles)]

    yield (
        "**CPU time** is measured on the embedded host with the app's adapters replaced by ones that read the "
        "simulators' state: the Azure SDKs are left out, the Durable SDK and the host are in. In units of what five "
        "bare activities take:"
    )
    yield _table(
        ["", "five bare activities", "the same under a lock", "a rotation"],
        [
            row("the orchestrator's episodes, replay by the Durable SDK included", "episodes"),
            row("the activities", "activities"),
            row("the lock's operations", "entity"),
            row("the host", "host"),
            row("together", "whole"),
        ],
    )
    yield (
        f"The lock alone, which brings 11 function calls to 14, costs {lock:.2f} times five bare activities, so that a "
        f"limit of 1.5 leaves next to nothing for what a rotation does; the app's own code makes it {own:.2f} times "
        "that. Most of an episode is the Durable SDK's: it builds every event of the history anew each time, and "
        "parses its timestamps with dateutil. No single thing of the app's own is worth more than a fiftieth of a "
        "rotation."
    )


def start(measured: Imports) -> Iterator[str]:
    """Say where the time of a cold import goes."""
    added = measured.ratio - 1
    told = {
        PARTS[0][0]: f"{measured.modules} modules: an activity, an effect, an idea a file",
        PARTS[1][0]: "their bytecode, cached; where it is not, each is compiled as well",
        PARTS[2][0]: f"{measured.many[PARTS[2][0]]} of them, frozen, whose methods Python makes by `exec`; "
        "from 3.13 on in one go for each class",
        PARTS[3][0]: f"{measured.many[PARTS[3][0]]} patterns that check names, versions and tags",
        REST: "functions, classes and the decorators that register them",
    }
    yield (
        "**A cold import** is CPU time in fresh processes, in turns, with bytecode cached; the SDKs are "
        "azure-functions and azure-functions-durable. The SDKs of Key Vault, identity and storage are left for "
        f"the first call that needs them, which saves {measured.later:.2f} of the same unit, and so is isodate. "
        "What comes on top are the app's own modules, all of which the host's indexing needs, since each "
        "function's decorator is in one:"
    )
    rows = [[part, f"{share * added:.2f}", told[part]] for part, share in measured.shares.items()]
    yield _table(["", "to the SDKs", ""], rows, text=(0, 2))
    yield (
        "A limit of 1.1 would take fewer files and hardly a data class. Hand-written classes or a decorator of our own "
        "would save most of their share, a few hundredths of a second when an instance starts, and cost every reader "
        "of the code more: not done."
    )


def kept(left: Mapping[str, float]) -> Iterator[str]:
    """Say what stays in memory."""
    yield (
        "**Memory** is the most that a process had resident, simulators and the host's task hub included; its baseline "
        "is as many bare orchestrations. Of what one more rotation of a known secret leaves behind, "
        f"{left[HOST] / 1000:.1f} kB are the embedded host's (it keeps the history, which Azure Storage does in "
        f"production), {left[SIMULATORS] / 1000:.1f} kB the simulators' (versions, keys, the log of calls) and "
        f"{left[APP_ITSELF] / 1000:.1f} kB were made by the app's code, nearly all of it texts that are in that "
        "history. Beyond that, the app keeps a listing of its vaults, about 1 kB for a secret, and a client for each "
        "activity that ever ran at the same time."
    )


def _row(name: str, finding: Finding) -> list[str]:
    kinds = [str(finding.kinds[kind] or "") for kind in KINDS]
    return [name, str(finding.cases), str(finding.broken), *kinds, str(finding.restarts)]


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[int] = (0,)) -> str:
    """Write a table in Markdown; the columns in `text` are not numbers."""
    ruler = ["---" if place in text else "---:" for place in range(len(heading))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ruler, *rows))
