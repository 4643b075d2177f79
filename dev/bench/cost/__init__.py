"""What one rotation costs: calls, messages, bytes, CPU, memory, start-up; and what each of its reads is for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from dev.bench.figures import Figure, Section, at_most
from dev.bench.fleet import Fleet
from dev.bench.options import Options

from . import cpu, imports, memory
from .ablation import KINDS, Finding, ablate
from .bill import Bill, bill_of
from .removals import Removal

_MOST_CALLS = 8
_LEAST_CALLS = 6
"""Get secret, get account, list keys, regenerate, signed probe, set secret."""


def run(options: Options) -> Section:
    """Measure the costs."""
    plain, full = bill_of(), bill_of(_slow_to_be_known, RetireAfter="P2D")
    compared, started, resident = cpu.compare(), imports.compare(), memory.compare()
    found = ablate()
    figures = [*_counts(plain), *_cpu(compared), _start(started), *_memory(resident)]
    return Section(
        "Cost of one rotation",
        figures,
        [*_explained(plain, full), *_reads(found, plain), *_modelled(compared, started)],
    )


def _slow_to_be_known(fleet: Fleet) -> None:
    for account in fleet.accounts:
        account.propagation_delay = timedelta(seconds=20)


def _counts(bill: Bill) -> Iterator[Figure]:
    by_service = {
        service: sum(many for name, many in bill.calls.items() if name.startswith(f"{service}."))
        for service in ("keyvault", "storage", "blob")
    }
    yield at_most("calls to Azure", bill.calls.total(), "calls", _MOST_CALLS, _LEAST_CALLS)
    yield Figure("calls to Key Vault", by_service["keyvault"], "calls")
    yield Figure("calls to Resource Manager", by_service["storage"], "calls")
    yield Figure("calls to the target's data plane", by_service["blob"], "calls")
    yield Figure("activities", bill.activities.total(), "")
    yield Figure("episodes of the orchestrator", bill.episodes, "")
    yield at_most("history", bill.history_bytes, "bytes", 16 * 1024)
    yield Figure("rows of history", bill.events, "")
    yield Figure("messages in queues", bill.messages, "")
    yield Figure("queue operations", bill.queue_operations, "")
    yield Figure("table transactions", bill.table_transactions, "")


def _cpu(measured: cpu.Cpu) -> Iterator[Figure]:
    ratio, spread = cpu.ratios(measured.ours, measured.five)
    yield at_most("CPU time, to five bare activities", ratio, "×", 1.5, 1, spread)
    ratio, spread = cpu.ratios(measured.ours, measured.locked)
    yield at_most("CPU time, to five bare activities under a lock", ratio, "×", 1.5, 1, spread)


def _start(measured: imports.Imports) -> Figure:
    return at_most("cold import of function_app, to the SDKs it needs", measured.ratio, "×", 1.1, 1, measured.spread)


def _memory(measured: memory.Memory) -> Iterator[Figure]:
    yield Figure(f"resident after {memory.MANY} rotations", measured.ours, "MB", measured.bare)
    grown = (measured.ours - measured.few) * 1000 / memory.MANY
    yield Figure("resident memory that a rotation adds, its history kept by the host", grown, "kB")


def _explained(plain: Bill, full: Bill) -> Iterator[str]:
    calls = ", ".join(f"{name.partition('.')[2]} {many}" for name, many in plain.calls.most_common())
    yield (
        f"The calls of a plain rotation are {calls}. The baseline is the floor: one of each without any second look. "
        "Listings of the vaults serve all rotations of five minutes and are not counted."
    )
    yield (
        "With `RetireAfter` and a new key that takes 20 seconds to be known, as docs/cost.md reckons: "
        f"{full.activities.total()} activities, {full.episodes} episodes, {full.entity_operations} operations of "
        f"entities, {full.executions} executions, {full.messages} messages, {full.events} rows and "
        f"{full.history_bytes:,} bytes of history, {full.queue_operations} queue operations, "
        f"{full.table_transactions} table transactions."
    )


def _reads(found: Mapping[Removal | None, Finding], plain: Bill) -> Iterator[str]:
    as_it_is = found[None]
    rows = [_row("none: the app as it is", as_it_is)]
    rows += [_row(str(removal), finding) for removal, finding in found.items() if removal is not None]
    heading = ["read that is left out", "cases", "broken", *KINDS, "failed"]
    table = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    yield (
        f"**What the {plain.calls.total()} calls buy.** The plain scenario of the fault matrix, once without each read "
        "that repeats an earlier one, which is then answered from what the worker saw last: somebody else's edits, "
        "lost replies and deaths of the worker at every call. Counted are cases in which a promise was broken, by "
        "kind, and cases in which an instance failed, so that it had to be restarted. What is broken in the first row "
        "fell between two reads in front of one effect; no order of reads closes that gap."
    )
    yield "\n".join(f"| {' | '.join(row)} |" for row in table)
    idle = [str(removal) for removal, one in found.items() if removal is not None and one.broken <= as_it_is.broken]
    if idle:
        yield (
            f"Without these, no more promises were broken: {'; '.join(idle)}. What would answer such a read is the "
            "answer of the step before, and a key never passes from one step to the next: only steps that are one "
            "could do without, and a trial that has to wait for a new key to be known reads it again all the same."
        )


def _row(name: str, finding: Finding) -> list[str]:
    kinds = [str(finding.kinds[kind] or "") for kind in KINDS]
    return [name, str(finding.cases), str(finding.broken), *kinds, str(finding.restarts)]


def _modelled(measured: cpu.Cpu, started: imports.Imports) -> Iterator[str]:
    lock, _ = cpu.ratios(measured.locked, measured.five)
    yield (
        "CPU time is measured on the embedded host with the app's adapters replaced by ones that read the simulators' "
        "state: the Azure SDKs are left out, the Durable SDK and the host are in. A lock alone brings five bare "
        f"activities from 11 function calls to 14, and to {lock:.2f} times the CPU time, so that a limit of 1.5 leaves "
        "next to nothing for what a rotation does. The import is CPU time in fresh processes, in turns; the SDKs are "
        "azure-functions and azure-functions-durable, and what comes on top are the app's own "
        f"{started.modules} modules. Memory is the most that a process had resident, simulators and the host's task "
        "hub included; its baseline is as many bare orchestrations."
    )
