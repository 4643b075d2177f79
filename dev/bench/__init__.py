"""What the app costs and what it spares, beside the peers' algorithms: `python -m dev.bench`, or `make bench`.

Each section is a module with `run(options) -> Section`: `year` (a simulated year with faults, for this app and for the
peers in `baselines`), `burst` and `growth` (how fast, and how that scales), `cost` (what one rotation takes) and
`sweep` (what looking through ten thousand secrets takes). `figures` holds what they measure, `report` writes
docs/benchmarks.md and .json, `headlines` the README's lines, `charts` the pictures.
"""
