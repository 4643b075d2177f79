"""The measures of the year as rows: name, unit, and how to read them from a contender's `Measures`."""

from collections.abc import Callable
from dataclasses import dataclass

from .measures import REREADS, Measures


@dataclass(frozen=True)
class Row:
    """One measure."""

    name: str
    unit: str
    read: Callable[[Measures], float]
    per_secret: bool = False
    """Counted once for each secret, however long it goes on."""


def _each(name: str, read: Callable[[Measures, str], float]) -> tuple[Row, ...]:
    def row(label: str) -> Row:
        return Row(f"{name}, re-reading every {label}", "h", lambda one: read(one, label))

    return tuple(row(label) for label in REREADS)


AGAINST = (
    *_each("consumer downtime", lambda one, label: one.down(label, "own", "lie")),
    Row("secrets expired", "", lambda one: one.expired),
    Row("dead credentials in the vault", "", lambda one: one.dead["own"] + one.dead["lie"]),
    Row("dead credentials in the vault, for", "h", lambda one: one.dead_hours["own"] + one.dead_hours["lie"]),
    Row("needless rotations", "", lambda one: one.needless),
    Row("secrets whose format was broken", "", lambda one: one.formats_broken, per_secret=True),
    Row("secrets whose tags or content type were broken", "", lambda one: one.tags_broken, per_secret=True),
    Row("human interventions", "", lambda one: one.interventions_for("own", "lie")),
    Row("rotations that failed and were not made good", "", lambda one: len(one.failed)),
)
"""What counts against a contender."""

OF_THAT = (
    *_each("of the downtime, misled by a lying tag", lambda one, label: one.down(label, "lie")),
    *_each("of the downtime, where two secrets share an account", lambda one, label: one.shared[label]),
)

BY_HAND = (
    *_each("downtime by a live key regenerated in the portal", lambda one, label: one.down(label, "hand")),
    Row("human interventions after that", "", lambda one: one.interventions_for("hand")),
)
"""What is nobody's fault here, and the same for all."""

WORK = (
    Row("rotations", "", lambda one: one.rotations),
    Row("calls to Azure that met a fault", "", lambda one: one.struck),
)
