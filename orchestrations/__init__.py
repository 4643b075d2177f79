"""Order, waiting and compensation; no I/O. Everything here is replayed, so it must decide the same each time."""
