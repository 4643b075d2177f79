"""Simulated Azure as its users see it: make one, add vaults and accounts, point an app at it, ask what happened."""

import ssl
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import TypeVar

from dev.clock import Clock, SystemClock

from .calls import Call, CallLog
from .clouds import CLOUDS, PUBLIC
from .consumer import Consumer
from .container_apps import ContainerApp
from .data_plane import DataPlaneService
from .dependents import CutOff, Dependents
from .engine import Directory, Engine, Service
from .entra_application import EntraApplication, GraphService
from .faults import Faults
from .identity import EntraService, ManagedIdentityService
from .invariant import Invariant, Violation
from .key_holder import KeyHolder
from .key_vault import KeyVaultService
from .limits import Limits
from .login_server import TYPE as POSTGRESQL
from .login_server import LoginServer
from .logins import Logins
from .network import Network
from .proxy import Refusals
from .resource_manager import ResourceManagerService
from .sensitive import Sensitive
from .server_administrator import ServerAdministrator
from .sites import Site
from .storage_account import StorageAccount
from .tokens import TokenRegistry
from .two_key_facts import BY_TYPE
from .two_key_services import TwoKeyDataPlane, TwoKeyTarget
from .vault import Vault
from .wire import Request, Response
from .world import World

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
"""Where accounts go that aren't told otherwise."""


def _group(name: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"


Held = TypeVar("Held", bound=KeyHolder)


class SimulatedAzure:
    """A small Azure on loopback.

    Entering it starts the proxy and the managed-identity endpoint; `environment` then holds what a process
    needs to be inside. The services themselves work without being entered, for consumers and for questions.
    """

    def __init__(self, clock: Clock | None = None, *, seed: int | None = None) -> None:
        self.clock = clock or SystemClock()
        self.faults = Faults()
        self.limits = Limits()
        self.tokens = TokenRegistry()
        self.consumers: list[Consumer] = []
        self._world = World(self.clock, seed)
        self._log = CallLog()
        self._invariant = Invariant(self._world)
        self._applications: dict[str, Callable[[str], bool]] = {}
        self._rotated: dict[str, EntraApplication] = {}
        self._dependents = Dependents(self._world)
        self._identity = ManagedIdentityService(self.tokens)
        self._directory = Directory()
        self._engine = Engine(self._world, self._directory, self.faults, self.limits, self._log)
        self._refusals = Refusals()
        self._failures: list[BaseException] = []
        self._network = Network(self._directory, self._engine, self._identity, self._refusals, self._failures.append)
        self._managers: dict[str, ResourceManagerService] = {}
        self._vaults: dict[str, Vault] = {}
        self._found_clouds()

    def _found_clouds(self) -> None:
        self._managers = {name: ResourceManagerService(cloud, self.tokens) for name, cloud in CLOUDS.items()}
        for name, cloud in CLOUDS.items():
            self._directory.services[cloud.arm_host] = self._managers[name]
            self._directory.services[cloud.graph_host] = GraphService(cloud, self.tokens, self._rotated)
            for host in cloud.login_hosts:
                self._directory.services[host] = EntraService(cloud, self.tokens, self._applications)

    # --- life -------------------------------------------------------------------------------------------

    def __enter__(self) -> "SimulatedAzure":
        self._network.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for consumer in self.consumers:
            consumer.stop()
        self._network.stop()
        if error is None:
            self._report_failures()

    def _report_failures(self) -> None:
        if self._failures:
            first = self._failures[0]
            self._failures.clear()
            raise RuntimeError("a simulated service failed while serving") from first

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that put a process inside; both spellings, for either may be set outside."""
        if not self._network.environment:
            raise RuntimeError("simulated Azure has not been started: enter it first")
        return dict(self._network.environment)

    def certificate_of(self, host: str) -> ssl.SSLContext:
        """Return the server side of TLS for a name, which processes inside trust."""
        return self._network.certificate_of(host)

    def reset(self, *, keep_tokens: bool = False) -> None:
        """Go back to an empty Azure behind the same proxy, so that one can serve many tests.

        Args:
            keep_tokens: Go on accepting the tokens issued so far, for an app that keeps its credential meanwhile.

        Raises:
            RuntimeError: The simulation itself failed since the last time (see `failures`).
        """
        for consumer in self.consumers:
            consumer.stop()
        with self._world.lock:
            self.consumers.clear()
            self.faults.clear()
            self.limits.set(())
            if not keep_tokens:
                self.tokens.clear()
            self._log.clear()
            self._invariant.clear()
            self._dependents.clear()
            self._refusals.clear()
            self._applications.clear()
            self._rotated.clear()
            self._vaults.clear()
            for manager in self._managers.values():
                manager.two_keys.forget_all()
                manager.consumers.forget_all()
                for administrator in manager.administrators:
                    administrator.forget()
            self._directory.services.clear()
            self._directory.unreachable.clear()
            self._found_clouds()
        self._report_failures()

    # --- contents ---------------------------------------------------------------------------------------

    def add_vault(self, name: str, *, cloud: str = PUBLIC.name) -> Vault:
        """Add a key vault."""
        vault = Vault(self._world, name, CLOUDS[cloud])
        self._register(vault.host, KeyVaultService(vault, self.tokens))
        self._vaults[vault.host] = vault
        self._managers[cloud].add_vault(
            vault, f"{_group('sample-rg')}/providers/Microsoft.KeyVault/vaults/{vault.name}"
        )
        return vault

    def add_storage_account(
        self,
        name: str,
        *,
        resource_group: str = "sample-rg",
        subscription: str = SUBSCRIPTION,
        kind: str = "StorageV2",
        created: datetime | None = None,
        allow_shared_key_access: bool | None = None,
        location: str = "westeurope",
        sku: str = "Standard_LRS",
        kerberos: bool = False,
        cloud: str = PUBLIC.name,
    ) -> StorageAccount:
        """Add a storage account; its keys are as old as itself, and it is of now unless `created` says otherwise."""
        account = StorageAccount(
            self._world,
            name,
            resource_group=resource_group,
            subscription=subscription,
            kind=kind,
            created=created or self._world.now(),
            allow_shared_key_access=allow_shared_key_access,
            location=location,
            sku=sku,
            kerberos=kerberos,
            cloud=CLOUDS[cloud],
        )
        for service in set(account.services) & {"blob", "file"}:
            self._register(account.host(service), DataPlaneService(account, service, self.tokens))
        self._managers[cloud].add(account)
        return account

    def add_two_key_target(
        self, kind: str, *names: str, resource_group: str = "sample-rg", created: datetime | None = None
    ) -> TwoKeyTarget:
        """Add a target of another service with two keys; its keys are of now unless `created` says otherwise.

        Args:
            kind: Its resource type, such as `Microsoft.DocumentDB/databaseAccounts`.
            names: One for each part of the type; several for rules and databases.
            resource_group: Where it is.
            created: How old its keys are.
        """
        group = _group(resource_group)
        target = TwoKeyTarget(self._world, BY_TYPE[kind.lower()], group, names, created or self._world.now())
        with self._world.lock:
            for host in target.hosts:
                # A host may be shared: by the rules of a namespace, or by all accounts of Azure Maps.
                service = self._directory.services.setdefault(host, TwoKeyDataPlane())
                if not isinstance(service, TwoKeyDataPlane):
                    raise ValueError(f"{host} exists already")  # noqa: TRY004 - a name taken, not a wrong type
                service.targets.append(target)
            self._managers[PUBLIC.name].two_keys.add(target)
        return target

    def add_login_server(self, name: str, kind: str = POSTGRESQL) -> LoginServer:
        """Add a database server; what listens at its address has to be brought along."""
        server = LoginServer(name, _group("sample-rg"), type=kind)
        self._managers[PUBLIC.name].add_server(server)
        return server

    def add_logins(
        self, server: LoginServer, *logins: str, created: datetime | None, known: Callable[[], Iterable[str]]
    ) -> Logins:
        """Let a simulated server listen, with these logins; `known` are passwords that it may be told verifiers of."""
        made = Logins(self._world, server, logins, created, known)
        self.mount(server.host, made)
        return made

    def add_server_administrator(self, server: LoginServer, *, created: datetime | None) -> ServerAdministrator:
        """Let Resource Manager change the password of a server's own administrator, who can sign in."""
        made = ServerAdministrator(self._world, server, created)
        self.mount(server.host, made)
        self._managers[PUBLIC.name].administrators.append(made)
        return made

    def add_target(self, make: Callable[[World], Held]) -> Held:
        """Add what has no address of its own in Azure, in the same world as the rest."""
        return make(self._world)

    def add_site(self, name: str, *, slot: str = "", resource_group: str = "sample-rg") -> Site:
        """Add an App Service site, or a slot of one."""
        resource_id = f"{_group(resource_group)}/providers/Microsoft.Web/sites/{name}" + (slot and f"/slots/{slot}")
        site = Site(self._world, self._find_vault, resource_id)
        self._managers[PUBLIC.name].consumers.sites[resource_id.lower()] = site
        return site

    def add_container_app(self, name: str, *, resource_group: str = "sample-rg") -> ContainerApp:
        """Add a container app."""
        app = ContainerApp(
            self._world, self._find_vault, f"{_group(resource_group)}/providers/Microsoft.App/containerApps/{name}"
        )
        self._managers[PUBLIC.name].consumers.apps[app.resource_id.lower()] = app
        return app

    def remove_site(self, site: Site) -> None:
        """Delete a site or slot."""
        self._managers[PUBLIC.name].consumers.sites.pop(site.resource_id.lower())

    def depend(self, consumer: Site | ContainerApp, setting: str, account: KeyHolder) -> None:
        """Check from now on that what a consumer goes on with for one setting is accepted by the account."""
        self._dependents.watch(consumer.name, lambda: consumer.holds(setting), account)

    def deny_scope(self, scope: str) -> None:
        """Take the app's right to list what is in a subscription or a resource group."""
        self._managers[PUBLIC.name].consumers.scopes_denied.add(scope.lower())

    def _find_vault(self, name: str) -> Vault | None:
        return self._vaults.get(name.lower() if "." in name else f"{name.lower()}.{PUBLIC.vault_domain}")

    def remove_storage_account(self, account: StorageAccount) -> None:
        """Delete an account: Resource Manager no longer finds it and its names no longer resolve."""
        with self._world.lock:
            for service in account.services:
                self._directory.services.pop(account.host(service), None)
            self._managers[account.cloud.name].remove(account)

    def add_application(self, client_id: str, client_secret: str) -> None:
        """Let an app sign in with a client secret instead of a managed identity."""
        known = Sensitive(client_secret)
        self._applications[client_id] = lambda tried: known == Sensitive(tried)

    def add_entra_application(self, name: str, *, created: datetime) -> EntraApplication:
        """Add an application whose secrets are rotated."""
        made = EntraApplication(self._world, name, created)
        self._applications[made.client_id] = made.accepts
        self._rotated[made.object_id] = made
        return made

    def add_consumer(
        self,
        vault: Vault,
        secret: str,
        account: KeyHolder,
        *,
        every: timedelta = timedelta(minutes=5),
        reread: timedelta = timedelta(hours=24),
    ) -> Consumer:
        """Add an app that uses a secret all the time; it reads it and makes its first request right away."""
        consumer = Consumer(self.clock, self._engine.serve, self.tokens, vault, secret, account, every, reread)
        self.consumers.append(consumer)
        consumer.start()
        return consumer

    def _register(self, host: str, service: KeyVaultService | DataPlaneService) -> None:
        with self._world.lock:
            if host in self._directory.services:
                raise ValueError(f"{host} exists already")
            self._directory.services[host] = service

    def mount(self, host: str, service: Service) -> None:
        """Let something else answer for a name from now on, such as another implementation of the service."""
        with self._world.lock:
            self._directory.services[host.lower()] = service

    # --- knobs ------------------------------------------------------------------------------------------

    def expire_tokens(self, *, ask_for_claims: bool = False) -> None:
        """Let every token issued so far be answered with 401.

        The SDKs keep a token that says that it lives on, so a process gets over this only with a new
        credential, or when the answer asks for claims, as continuous access evaluation does.
        """
        self.tokens.revoke_all(ask_for_claims=ask_for_claims)

    def set_reachable(self, host: str, reachable: bool) -> None:
        """Take a name off the network, or put it back; connections that are open break at their next request."""
        with self._world.lock:
            if reachable:
                self._directory.unreachable.discard(host.lower())
            else:
                self._directory.unreachable.add(host.lower())

    # --- questions --------------------------------------------------------------------------------------

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order of the answers."""
        return self._log.all()

    def calls_by_operation(self, caller: str | None = "app") -> dict[str, int]:
        """Count calls by operation, of one caller or (None) of all."""
        return self._log.by_operation(caller)

    def refusals(self, caller: str | None = None) -> list[Call]:
        """Return the calls, of one caller or of all, that were answered 401 or 403; challenges are none."""
        return [
            call
            for call in self.calls
            if call.status in (401, 403) and call.operation != "keyvault.challenge" and caller in (None, call.caller)
        ]

    @property
    def refused_hosts(self) -> list[str]:
        """Names outside this Azure that somebody tried to reach."""
        return list(self._refusals.refused)

    @property
    def unresolved_hosts(self) -> list[str]:
        """Names in Azure's own domains that somebody tried to reach, with nothing behind them."""
        return list(self._refusals.unresolved)

    @property
    def failures(self) -> list[BaseException]:
        """What the simulation itself failed with, callbacks of faults included; leaving it raises the first."""
        return self._failures

    def watch(self, vault: Vault, secret: str, account: KeyHolder) -> None:
        """Check from now on that the secret's newest enabled version is accepted by the account."""
        self._invariant.watch(vault, secret, account)

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with a description after every change of state, under the lock: it may only look."""
        self._world.listeners.append(listener)

    @property
    def invariant_violations(self) -> list[Violation]:
        """Each moment at which a watched secret stopped being accepted."""
        return list(self._invariant.violations)

    @property
    def cut_off(self) -> list[CutOff]:
        """Each moment at which a consumer that was given to `depend` went on with a dead credential."""
        return list(self._dependents.cut_off)

    def answers(self, host: str) -> bool:
        """Tell whether there is something behind a name that can be reached."""
        return self._directory.find(host) is not None

    def serve(self, request: Request) -> Response | None:
        """Answer a request without sockets; None stands for a dropped connection."""
        return self._engine.serve(request)
