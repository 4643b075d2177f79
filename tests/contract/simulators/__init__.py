"""Simulated Azure against the real SDK clients, its own fixtures beside it."""
