"""Checks of the Bicep files for machines without the Bicep compiler, which no package registry carries.

Read it in this order: `syntax` (files and declarations), `symbols` (names within a file), `modules` (names across
files), `start` (what must be known when a deployment starts), `resources` against `schemas` (Microsoft's own type
definitions), `policy` and `roles` (what this project demands beyond the language).

`python -m dev.bicep_checks` prints every finding and fails if there is one; where `bicep` or `az` is installed it
compiles as well.
"""
