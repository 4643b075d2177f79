"""Everything that can go wrong, at every call: the machinery behind `make faults`.

Read `matrix` for what is tried, `trial` for how one case runs, `verdict` for what must be true afterwards. Around them:
`scenarios` (what a rotation starts from), `points` (the calls it makes), `blows` (what befalls a call), `outsider`
(other people's edits), `ledger` (who killed which key), `canaries` (where a credential could show), `races` (random
schedules) and `kill9` (a real process, really killed).

Nothing here is known to the app: it runs unmodified, on simulated Azure and the embedded host.
"""
