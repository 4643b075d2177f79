"""Simulated Azure: a network on loopback that answers for Azure's real host names.

An app inside it runs with the SDK clients, URLs, TLS and challenge checks of production; only a few environment
variables differ. Read `azure` for what can be asked of it, `engine` for the way of a request, and one module per
service below that: `key_vault`, `resource_manager`, `data_plane`, `identity`; `two_key_services` for all others that
have keys in pairs, whose facts are a table; `sites`, `container_apps` and `consumer_manager` for those who use secrets
by reference. A database server (`login_server`) is described, and listens elsewhere; its own
administrator gets passwords through Resource Manager (`server_administrator`).

Where it is simpler than the real thing: what is written is visible at once (but for the settable propagation delay of
account keys), deletions and recoveries take no time, nobody is throttled unless a fault or a limit says so, and access
is a matter of knobs on the vault and the account instead of roles. Tokens and signatures are dated by the machine's
clock, all else by the clock given. Left out: what is in keys and certificates, backup and restore, blobs themselves and
with them service SAS.
"""

from .azure import SimulatedAzure
from .consumer import Consumer
from .container_apps import ContainerApp
from .entra_application import EntraApplication
from .generated_value import GeneratedValue
from .key_holder import KeyHolder
from .login_server import LoginServer
from .logins import Logins
from .server_administrator import ServerAdministrator
from .sites import Site
from .storage_account import StorageAccount
from .two_key_services import TwoKeyTarget
from .vault import SecretVersion, Vault

__all__ = [
    "Consumer",
    "ContainerApp",
    "EntraApplication",
    "GeneratedValue",
    "KeyHolder",
    "LoginServer",
    "Logins",
    "SecretVersion",
    "ServerAdministrator",
    "SimulatedAzure",
    "Site",
    "StorageAccount",
    "TwoKeyTarget",
    "Vault",
]
