# ruff: noqa - an app that must be refused
import no_such_module_anywhere
