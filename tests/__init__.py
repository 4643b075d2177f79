"""Keeps `tests` ours: the azure-functions-durable wheel installs a top-level package of the same name."""
