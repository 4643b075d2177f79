"""What one rotation costs: calls, messages, bytes, CPU, memory, start-up; and what each of its reads is for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from dev.bench.figures import Figure, Section, at_most
from dev.bench.fleet import Fleet
from dev.bench.options import Options

from . import cpu, imports, leaks, memory
from .ablation import ablate
from .bill import Bill, bill_of
from .notes import kept, processor, reads, start

_MOST_CALLS = 8
_LEAST_CALLS = 6
"""Get secret, get account, list keys, regenerate, signed probe, set secret."""


def run(options: Options) -> Section:
    """Measure the costs."""
    plain, full = bill_of(), bill_of(_slow_to_be_known, RetireAfter="P2D")
    compared, started, resident, left = cpu.compare(), imports.compare(), memory.compare(), leaks.grown()
    found = ablate()
    figures = [*_counts(plain), *_cpu(compared), _start(started), *_memory(resident, left)]
    return Section(
        "Cost of one rotation",
        figures,
        [*_explained(plain, full), *reads(found, plain), *processor(compared), *start(started), *kept(left)],
        more=[*bill_figures("plain", plain), *bill_figures("with RetireAfter", full)],
    )


def bill_figures(which: str, bill: Bill) -> Iterator[Figure]:
    """Yield what docs/cost.md reckons with."""
    counts = {
        "activities": bill.activities.total(),
        "orchestrator episodes": bill.episodes,
        "entity operations": bill.entity_operations,
        "function executions": bill.executions,
        "messages in queues": bill.messages,
        "rows of history": bill.events,
        "bytes of history": bill.history_bytes,
        "queue operations": bill.queue_operations,
        "table operations": bill.table_transactions,
        "Key Vault reads": bill.calls["keyvault.getSecret"],
        "Key Vault writes": bill.calls["keyvault.setSecret"],
        "pages of listings": bill.listings,
    }
    for name, many in counts.items():
        yield Figure(f"{which}: {name}", many, "")


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


def _memory(measured: memory.Memory, left: Mapping[str, float]) -> Iterator[Figure]:
    yield Figure(f"resident after {memory.MANY} rotations", measured.ours, "MB", measured.bare)
    grown = (measured.ours - measured.few) * 1000 / memory.MANY
    yield Figure("resident memory that a rotation adds, its history kept by the host", grown, "kB")
    yield Figure("of that, made by the app itself", left[leaks.APP_ITSELF] / 1000, "kB")


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
