"""Which provider serves which kind of target: one line each; Azure's services with two keys are a table of lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from azure_clients.identity import token
from azure_clients.settings import Settings
from providers import postgresql, sql_server
from providers.administrator import administrator_of
from providers.arm_keys import ArmKeys
from providers.arm_keys_row import Row
from providers.arm_keys_table import ROWS
from providers.entra_application import EntraApplication
from providers.escrow import Escrow
from providers.generated import GeneratedValue
from providers.login_server import DescribedServer
from providers.logins import logins
from providers.protocol import Provider
from providers.server_administrator import AZURE_SQL, POSTGRESQL, AdministeredServer, ServerAdministrator
from providers.storage_account import StorageAccount
from rotation import applications, generated
from rotation.address import ENTRA, GENERATED, SQL_SERVER, Address, LoginsAddress, NamedAddress
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


def _resource(address: LoginsAddress) -> ResourceId:
    return cast(ResourceId, address.server)


def _postgresql(address: LoginsAddress, escrow: Escrow, settings: Settings) -> Provider:
    cloud = settings.cloud
    if is_administrator(address):
        return ServerAdministrator(address, escrow, AdministeredServer(POSTGRESQL, _resource(address), cloud))
    administrator = administrator_of(address, escrow, partial(token, cloud, cloud.database_scope))
    database = dict(address.options).get(DATABASE)
    return logins(address, escrow, postgresql.PostgreSql(_resource(address), cloud, administrator, database))


def _azure_sql(address: LoginsAddress, escrow: Escrow, settings: Settings) -> Provider:
    described = AdministeredServer(AZURE_SQL, _resource(address), settings.cloud)
    if is_administrator(address):
        return ServerAdministrator(address, escrow, described)
    return _sql_logins(address, escrow, settings, described)


def _own_sql(address: LoginsAddress, escrow: Escrow, settings: Settings) -> Provider:
    return _sql_logins(address, escrow, settings, sql_server.OwnServer(address.server.names[-1], settings.sql_servers))


def _sql_logins(address: LoginsAddress, escrow: Escrow, settings: Settings, described: DescribedServer) -> Provider:
    cloud = settings.cloud
    administrator = administrator_of(address, escrow, partial(token, cloud, cloud.sql_scope))
    database = dict(address.options).get(DATABASE)
    has_permissions = address.kind != _AZURE_SQL
    server = sql_server.SqlServer(described, cloud, administrator, database, has_permissions=has_permissions)
    return logins(address, escrow, server)


_AZURE_SQL = "microsoft.sql/servers"

PROVIDERS: Mapping[str, Kind] = {
    "microsoft.storage/storageaccounts": Kind(lambda resource, _, settings: StorageAccount(resource, settings)),
    **{kind: _keys(row) for kind, row in ROWS.items()},
    ENTRA: Kind(EntraApplication, applications.interpret, NamedAddress),
    GENERATED: Kind(lambda address, escrow, _: GeneratedValue(address, escrow), generated.interpret, NamedAddress),
    "microsoft.dbforpostgresql/flexibleservers": Kind(_postgresql, postgresql.NAMES.interpret, LoginsAddress),
    _AZURE_SQL: Kind(_azure_sql, sql_server.AZURE_NAMES.interpret, LoginsAddress),
    "microsoft.sql/managedinstances": Kind(_azure_sql, sql_server.AZURE_NAMES.interpret, LoginsAddress),
    SQL_SERVER: Kind(_own_sql, sql_server.NAMES.interpret, LoginsAddress),
}

KINDS: Kinds = {kind: line.interpret for kind, line in PROVIDERS.items()}
