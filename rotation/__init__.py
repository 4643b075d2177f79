"""The domain of secret rotation, pure: no I/O, no clock, no Azure SDK.

Read it in the order of the flow: `events` (what Key Vault says), `request` and `ids` (what an instance is asked to
do), `tags` (what the operator wants), `refusals` (why not), `planning` (what has to happen), `outcomes` (how it ended).
What events have missed is the business of `due`, `sweep` and `redriving`.
"""

__version__ = "0.1.0"
