"""A stand-in for the Azure CLI inside simulated Azure: the few commands that the runbook and the demo use.

The real `az` cannot be used there: it brings its own Python and its own idea of certificates. Arguments, output and
`--query` follow https://learn.microsoft.com/cli/azure/reference-index, so that the same lines work on Azure.
"""
