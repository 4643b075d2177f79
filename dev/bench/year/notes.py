"""What a reader of the year's figures has to know: what is played, what is counted, and in whose favour."""

from collections.abc import Iterator

from dev.bench.options import Options

from .jobs import SAMPLE, SAMPLE_DAYS
from .measures import Measures

_MOST_TOLD = 30


def notes(ours: Measures, options: Options) -> Iterator[str]:
    """Yield paragraphs of Markdown."""
    yield _played(options)
    yield _COUNTED
    yield _by_hand(ours)
    yield _in_favour(options)
    told = [*ours.failed, *ours.findings]
    if told:
        more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
        yield "**What counted against this app.**"
        yield "\n".join(f"- {one}" for one in told[:_MOST_TOLD] + more)


def _played(options: Options) -> str:
    return (
        f"**What is played.** {options.secrets:,} secrets in vaults of a hundred, each vault with an app of its own; "
        "half raw keys, half connection strings, a tenth in pairs on one account, validities of 31 to 365 days. Key "
        "Vault announces a version 30 days before it expires, and again when it has; 2 % of the events are lost, 10 % "
        "are repeated. Calls are throttled, broken, cut off, or answered into the void; workers and hosts die in the "
        "middle of them; vaults and Resource Manager go away for up to an hour; new keys take up to five minutes to be "
        "accepted; colleagues regenerate live keys and idle ones, and write tags that lie. All of it is drawn up from "
        f"the seed beforehand, the same for every contender; `--seed {options.seed}` plays this year again."
    )


_COUNTED = (
    "**What is counted.** Every secret has three consumers, which read it again every 24 hours, every hour and every "
    "minute. Downtime is the time in which what they hold is refused, worked out from the histories of versions and "
    "keys. A rotation is needless when its key was never published, or only over versions that were neither within 31 "
    "days of their end nor dead. A person is needed when a current version has been dead for four hours or expired for "
    "a day; they publish a key that works, in its format and with its tags, whoever the contender is. All of that is "
    "held against the contender unless the key was killed in the portal. Where a contender killed a live key because a "
    "tag had lied to it, that is held against it too, and told apart."
)


def _by_hand(ours: Measures) -> str:
    return (
        f"**What no program can mend.** {ours.interventions_for('hand')} times somebody regenerated the very key that "
        "a secret held. Nothing announces that, so none of the contenders learns of it before the secret's next "
        "rotation; its consumers are refused until a person has published a key that works and they have read it. That "
        "is counted apart, in the same way for all; the figures differ by what each had just done with the key. (This "
        "app repairs such a secret when it is asked to rotate it: the outcome is `repaired`.)"
    )


def _in_favour(options: Options) -> str:
    secrets, days = min(SAMPLE, options.secrets), min(SAMPLE_DAYS, options.days)
    return (
        "**In the peers' favour.** Calls take no time, so that none passes between making a key and publishing it; "
        "an old key lives on until its successor is accepted everywhere; their SDKs retry three times; their "
        "processes come back within a minute of dying; a person mends within hours what they leave broken, format and "
        "tags included. A consumer that gets a raw key where it expects a connection string does not count as down. "
        "Neither peer is made for two secrets on one account: what that costs is told apart. "
        "KSSEDR's versions expire after 120 minutes and are announced within minutes of their making, so that it "
        "rotates a secret some hundred times a day once it has begun, which is too often to play in full. So it is "
        "played for the year as if it gave each version the validity that its owner asked for; and as written with "
        f"{secrets} secrets for {days} days, extrapolated to all days on which the secrets would have been rotating."
    )
