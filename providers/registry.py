"""Which provider serves which kind of target: one line each; Azure's services with two keys are a table of lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure_clients.settings import Settings
from providers.arm_keys import ArmKeys
from providers.arm_keys_row import Row
from providers.arm_keys_table import ROWS
from providers.entra_application import EntraApplication
from providers.escrow import Escrow
from providers.generated import GeneratedValue
from providers.protocol import Provider
from providers.storage_account import StorageAccount
from rotation import applications, generated
from rotation.address import ENTRA, GENERATED
from rotation.kinds import Interpreter, Kinds, as_it_stands


@dataclass(frozen=True)
class Kind:
    """One line of the registry."""

    # The address is of the sort that the interpreter lets through.
    make: Callable[[Any, Escrow, Settings], Provider]
    interpret: Interpreter = as_it_stands


def _keys(row: Row) -> Kind:
    return Kind(lambda resource, _, settings: ArmKeys(row, resource, settings))


PROVIDERS: Mapping[str, Kind] = {
    "microsoft.storage/storageaccounts": Kind(lambda resource, _, settings: StorageAccount(resource, settings)),
    **{kind: _keys(row) for kind, row in ROWS.items()},
    ENTRA: Kind(EntraApplication, applications.interpret),
    GENERATED: Kind(lambda address, escrow, _: GeneratedValue(address, escrow), generated.interpret),
}

KINDS: Kinds = {kind: line.interpret for kind, line in PROVIDERS.items()}
