"""Unit tests: pure functions, no host and no network."""
