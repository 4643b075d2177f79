"""A simulated year: a thousand secrets, everything that goes wrong in 365 days, and what came of it, by contender.

Read `population` (the secrets), `mishaps` (what goes wrong) and `notices` (Key Vault's events) for what is played;
`stage`, `trouble`, `ours`, `peers` and `play` for how; `holding`, `judge` and `measures` for what is counted. `on_call`
is the person who mends what nothing else does.
"""

from .section import run

__all__ = ["run"]
