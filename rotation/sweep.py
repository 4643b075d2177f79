"""A sweep under way: what is still to be looked through, whose places are taken, and what it has found so far.

It is handed from one generation of the orchestration `sweep_vaults` to the next, so it is small whatever the number of
secrets: names of vaults, ids of at most as many instances as may be at work, and a bounded report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SWEEP = "sweep"
"""The id of the one instance of `sweep_vaults`, and what its rotations give as their cause."""

MOST_REPORTED = 100
_LONGEST_REASON = 1000
_MOST_PAGE = 200
REPLICAS = "replicas"
AGEING = "ageing"
RENEWING = "renewing"
"""What became of a certificate or key whose renewal a sweep has started; it takes no rotation's place."""

_FOR_ROTATION = ("expired", "due")
_COUNTS = ("listed", "due", "started", "joined", "settled")

# One generation hands over to the next at once. What is older was handed over before an outage, or comes from a
# `restart` of a finished sweep: better to look at everything anew.
_FRESH = timedelta(minutes=10)


@dataclass(frozen=True)
class Look:
    """One thing to look through."""

    kind: str
    """`expired`, `due`, `ageing`, `replicas` or `stuck`, in this order: what presses most comes first, in any vault.

    `ageing` is about certificates and keys.
    """
    vault: str = ""
    """Host name; empty for `stuck`, which is about the task hub."""


@dataclass
class Report:
    """What a sweep has found and done."""

    vaults: dict[str, dict[str, int]] = field(default_factory=dict)
    """By host name: how many secrets it lists, how many are due, and what became of those."""
    late: int = 0
    """How many had expired."""
    redriven: int = 0
    drifted: int = 0
    """How many replicas were found to differ from their primaries."""
    renewing: int = 0
    """How many renewals of certificates and keys it has started."""
    reported: list[dict[str, str]] = field(default_factory=list)
    """What somebody has to look at: `vault`, `secret` and `reason`."""
    more: int = 0
    """How many more of those there are than are listed."""
    unreachable: dict[str, str] = field(default_factory=dict)
    """Vaults that could not be looked through, and why."""

    def found(self, look: Look, page: Mapping[str, Any]) -> None:
        """Take over a page of what a look has found; the first one may tell more than what is to be started."""
        for wish in page["wishes"] if look.kind in _FOR_ROTATION else ():
            self.count(wish["vault"], "due")
            self.late += look.kind == "expired"
        if "listed" in page:
            self.count(look.vault, "listed", page["listed"])
        for told in page.get("reported", ()):
            self.tell(told["vault"], told["secret"], told["reason"])
        self.more += page.get("more", 0)
        self.drifted += page.get("drifted", 0)
        self.unreachable |= page.get("unreachable", {})

    def tell(self, vault: str, secret: str, reason: str) -> None:
        """Report a secret."""
        if len(self.reported) < MOST_REPORTED:
            self.reported.append({"vault": vault, "secret": secret, "reason": reason[:_LONGEST_REASON]})
        else:
            self.more += 1

    def count(self, vault: str, what: str, many: int = 1) -> None:
        """Count secrets of a vault: `listed`, `due`, `started`, `joined` or `settled`."""
        tally = self.vaults.setdefault(vault, dict.fromkeys(_COUNTS, 0))
        tally[what] += many

    def totals(self) -> dict[str, Any]:
        """Return the numbers, which fit into a custom status however many vaults there are."""
        sums = {what: sum(tally[what] for tally in self.vaults.values()) for what in _COUNTS}
        return sums | {
            "late": self.late,
            "redriven": self.redriven,
            "drifted": self.drifted,
            "renewing": self.renewing,
            "reported": len(self.reported) + self.more,
            "unreachable": len(self.unreachable),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, which is the sweep's output too."""
        return {
            "vaults": self.vaults,
            "late": self.late,
            "redriven": self.redriven,
            "drifted": self.drifted,
            "renewing": self.renewing,
            "reported": self.reported,
            "moreReported": self.more,
            "unreachable": self.unreachable,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Read the wire form."""
        return cls(
            vaults={host: {what: int(tally[what]) for what in _COUNTS} for host, tally in data["vaults"].items()},
            late=int(data["late"]),
            redriven=int(data["redriven"]),
            drifted=int(data.get("drifted", 0)),
            renewing=int(data.get("renewing", 0)),
            reported=list(data["reported"]),
            more=int(data["moreReported"]),
            unreachable=dict(data["unreachable"]),
        )


@dataclass
class Sweep:
    """The state of a sweep."""

    since: datetime
    """When it began: secrets are judged by that moment from first to last."""
    most_at_work: int
    looks: list[Look]
    """What is left to look through, the present one first."""
    after: Any = None
    """How far the present look has come, in its own terms."""
    at_work: list[str] = field(default_factory=list)
    """Instances that this sweep has started and that may still be at work."""
    report: Report = field(default_factory=Report)

    @classmethod
    def over(cls, vaults: Sequence[str], most_at_work: int, since: datetime, *, copied: bool = False) -> "Sweep":
        """Begin a sweep over some vaults, whose secrets may be `copied` to others."""
        kinds = (*_FOR_ROTATION, AGEING, *((REPLICAS,) if copied else ()))
        looks = [Look(kind, vault) for kind in kinds for vault in vaults]
        return cls(since, most_at_work, [*looks, Look("stuck")])

    @property
    def page(self) -> int:
        """How many to look for at a time: what keeps a generation busy for a while, and its history short."""
        return min(_MOST_PAGE, 4 * self.most_at_work)

    def places(self, wanted: int) -> int:
        """Return how many of some rotations may be started now; they come in handfuls, or not at all."""
        free = self.most_at_work - len(self.at_work)
        handful = min(wanted, max(1, self.most_at_work // 5))
        return min(wanted, free) if free >= handful else 0

    def started(self, told: Iterable[Mapping[str, str]]) -> None:
        """Take over what became of some wishes: `vault`, `secret`, what was done, and the reason or the instance."""
        for one in told:
            match one["did"]:
                case "reported":
                    self.report.tell(one["vault"], one["secret"], one["reason"])
                case "redriven":
                    self.report.redriven += 1
                case did if did == RENEWING:
                    self.report.renewing += 1
                case did if self.looks[0].vault:
                    self.report.count(one["vault"], did)
            if one["did"] in ("started", "redriven"):
                self.at_work.append(one["instance"])

    def looked(self, after: Any) -> None:
        """Remember how far the present look has come; None is its end."""
        self.after = after
        if after is None:
            self.looks.pop(0)

    def give_up(self, reason: str) -> None:
        """Leave the present vault, which cannot be looked through, for the next sweep."""
        vault = self.looks[0].vault
        self.report.unreachable[vault or "the task hub"] = reason[:_LONGEST_REASON]
        self.looks = [look for look in self.looks if look.vault != vault]
        self.after = None

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return what the next generation is started with."""
        return {
            "handedOver": now.isoformat(),
            "since": self.since.isoformat(),
            "mostAtWork": self.most_at_work,
            "looks": [[look.kind, look.vault] for look in self.looks],
            "after": self.after,
            "atWork": self.at_work,
            "report": self.report.to_json(),
        }

    @classmethod
    def from_json(cls, data: object, now: datetime) -> "Sweep | None":
        """Read what a generation was started with; None where it is to begin anew."""
        if not isinstance(data, Mapping):
            return None
        try:
            if now - datetime.fromisoformat(data["handedOver"]) > _FRESH:
                return None
            return cls(
                since=datetime.fromisoformat(data["since"]),
                most_at_work=int(data["mostAtWork"]),
                looks=[Look(kind, vault) for kind, vault in data["looks"]],
                after=data["after"],
                at_work=[str(instance) for instance in data["atWork"]],
                report=Report.from_json(data["report"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None  # not ours: somebody has started it with an input of his own
