"""The peers' algorithms, written afresh from their descriptions; each module says which fact it rests on.

They run with the same SDK clients as the app, on the same simulated Azure. `dev.bench.year.peers` plays what hosts them
(Event Hub, Event Grid). Where their sources leave something open, the choice is in the peer's favour and says so.
"""
