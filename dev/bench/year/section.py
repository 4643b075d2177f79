"""The year as a section of the benchmark."""

from collections.abc import Iterator, Mapping

from dev.bench.charts import KSSEDR, OURS, POWERSHELL, chart
from dev.bench.figures import Figure, Section, at_most
from dev.bench.options import Options
from dev.bench.report import number

from .jobs import SAMPLE, SAMPLE_DAYS, plan, play_all, vaults
from .measures import REREADS, Measures
from .notes import notes
from .play import Name
from .population import DAY, NOTICE, population
from .rows import AGAINST, BY_HAND, OF_THAT, WORK, Row

_CHART = "year-downtime.svg"
_TITLES: dict[Name, str] = {
    "this app": "this app",
    "PowerShell": "Microsoft's PowerShell function",
    "KSSEDR": "KSSEDR, given the validity asked for",
    "KSSEDR as written": "KSSEDR as written, extrapolated",
}
_PEERS_IN_FULL: tuple[Name, ...] = ("PowerShell", "KSSEDR")

Years = Mapping[Name, Measures]


def run(options: Options) -> Section:
    """Play the year for every contender."""
    years = play_all(plan(options.seed, options.secrets, options.days))
    factors = {name: _factor(options) if name == "KSSEDR as written" else 1.0 for name in _TITLES}
    _draw(years, factors)
    return Section(
        f"A year: {options.secrets:,} secrets, {options.days} days, everything that goes wrong",
        list(_ours(years)),
        [*_tables(years, factors), *notes(years["this app"], options)],
        [_CHART],
        list(_theirs(years, factors)),
    )


def _factor(options: Options) -> float:
    """Return how many times longer all secrets rotate in a year than those of the sample did."""
    days = 0.0
    for vault, size in enumerate(vaults(options.secrets)):
        for spec in population(options.seed, vault, size):
            first = (spec.validity - NOTICE - spec.age) / DAY
            days += max(options.days - first, 0)
    return days / (min(SAMPLE, options.secrets) * min(SAMPLE_DAYS, options.days))


def _ours(years: Years) -> Iterator[Figure]:
    """Yield the app's figures, each beside the better of the peers that were played in full."""
    for row in AGAINST:
        best = min(row.read(years[peer]) for peer in _PEERS_IN_FULL)
        yield at_most(row.name, row.read(years["this app"]), row.unit, 0, best)
    for row in (*BY_HAND, *WORK):
        yield Figure(row.name, row.read(years["this app"]), row.unit)


def _theirs(years: Years, factors: Mapping[Name, float]) -> Iterator[Figure]:
    for name in _TITLES:
        for row in (*AGAINST, *OF_THAT, *BY_HAND, *WORK):
            value = _value(row, name, years, factors)
            if name != "this app" and value is not None:
                yield Figure(f"{name}: {row.name}", value, row.unit)


def _value(row: Row, name: Name, years: Years, factors: Mapping[Name, float]) -> float | None:
    """Return a contender's value; None for what cannot be extrapolated."""
    if factors[name] != 1 and row.per_secret:
        return None
    return row.read(years[name]) * factors[name]


def _tables(years: Years, factors: Mapping[Name, float]) -> Iterator[str]:
    yield "### Beside the peers"
    lines = ["| | " + " | ".join(_TITLES.values()) + " |", "|---" + "|---:" * len(_TITLES) + "|"]
    lines += [_line(row, years, factors) for row in (*AGAINST, *OF_THAT, *BY_HAND, *WORK)]
    yield "\n".join(lines)


def _line(row: Row, years: Years, factors: Mapping[Name, float]) -> str:
    values = [_value(row, name, years, factors) for name in _TITLES]
    shown = ["" if value is None else f"{number(value)} {row.unit}".strip() for value in values]
    return f"| {row.name} | {' | '.join(shown)} |"


def _draw(years: Years, factors: Mapping[Name, float]) -> None:
    """Draw the downtime of each contender, by how often consumers read."""
    colours: dict[Name, str] = {"this app": OURS, "PowerShell": POWERSHELL, "KSSEDR": KSSEDR}
    thickness = 0.8 / len(colours)
    with chart(_CHART) as axes:
        for place, (name, colour) in enumerate(colours.items()):
            hours = [years[name].down(label, "own", "lie") * factors[name] for label in REREADS]
            at = [tick + place * thickness for tick in range(len(REREADS))]
            bars = axes.barh(at, hours, thickness, color=colour, label=name)
            axes.bar_label(bars, [f"{number(each)} h" for each in hours], padding=4)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, axes.get_xlim()[1] * 5)  # room for what is written behind the longest bar
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(visible=False, axis="y")
        axes.set_yticks([tick + thickness for tick in range(len(REREADS))], [f"every {label}" for label in REREADS])
        axes.invert_yaxis()
        axes.set_xlabel("hours in which consumers were refused, all secrets together, in the year")
        axes.set_ylabel("consumers re-read")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(colours), borderaxespad=0)
