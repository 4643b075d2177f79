"""Which provider serves which kind of target: one line each; Azure's services with two keys are a table of lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from azure_clients.identity import token
from azure_clients.settings import Settings
from providers import postgresql
from providers.administrator import administrator_of
from providers.arm_keys import ArmKeys
from providers.arm_keys_row import Row
from providers.arm_keys_table import ROWS
from providers.entra_application import EntraApplication
from providers.escrow import Escrow
from providers.generated import GeneratedValue
from providers.logins import logins
from providers.protocol import Provider
from providers.server_administrator import AZURE_SQL, POSTGRESQL, SQL_NAMES, AdministeredServer, ServerAdministrator
from providers.storage_account import StorageAccount
from rotation import applications, generated
from rotation.address import ENTRA, GENERATED, Address, LoginsAddress, NamedAddress
from rotation.arm import ResourceId
from rotation.kinds import Interpreter, Kinds, as_it_stands
from rotation.logins import DATABASE, is_administrator


@dataclass(frozen=True)
class Kind:
    """One line of the registry."""

    # The address is of the sort that the interpreter lets through.
    make: Callable[[Any, Escrow, Settings], Provider]
    interpret: Interpreter = as_it_stands
    takes: type[Address] = ResourceId
    """What addresses of the kind are."""


def _keys(row: Row) -> Kind:
    return Kind(lambda resource, _, settings: ArmKeys(row, resource, settings))


def _postgresql(address: LoginsAddress, escrow: Escrow, settings: Settings) -> Provider:
    cloud = settings.cloud
    if is_administrator(address):
        return ServerAdministrator(address, escrow, AdministeredServer(POSTGRESQL, address.server, cloud))
    administrator = administrator_of(address, escrow, partial(token, cloud, cloud.database_scope))
    database = dict(address.options).get(DATABASE)
    return logins(address, escrow, postgresql.PostgreSql(address.server, cloud, administrator, database))


def _sql(address: LoginsAddress, escrow: Escrow, settings: Settings) -> Provider:
    return ServerAdministrator(address, escrow, AdministeredServer(AZURE_SQL, address.server, settings.cloud))


PROVIDERS: Mapping[str, Kind] = {
    "microsoft.storage/storageaccounts": Kind(lambda resource, _, settings: StorageAccount(resource, settings)),
    **{kind: _keys(row) for kind, row in ROWS.items()},
    ENTRA: Kind(EntraApplication, applications.interpret, NamedAddress),
    GENERATED: Kind(lambda address, escrow, _: GeneratedValue(address, escrow), generated.interpret, NamedAddress),
    "microsoft.dbforpostgresql/flexibleservers": Kind(_postgresql, postgresql.NAMES.interpret, LoginsAddress),
    "microsoft.sql/servers": Kind(_sql, SQL_NAMES.interpret, LoginsAddress),
}

KINDS: Kinds = {kind: line.interpret for kind, line in PROVIDERS.items()}
