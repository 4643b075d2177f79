"""What a case is played on: two vaults, some accounts, some managed secrets near their expiry, and their consumers."""

from dataclasses import dataclass, field
from datetime import timedelta

from dev.clock import VirtualClock
from dev.simulators import (
    EntraApplication,
    GeneratedValue,
    KeyHolder,
    Logins,
    SecretVersion,
    ServerAdministrator,
    SimulatedAzure,
    StorageAccount,
    TwoKeyTarget,
    Vault,
)
from dev.simulators.login_server import OWN_TYPE, SQL_TYPE
from dev.simulators.login_server import TYPE as POSTGRESQL_TYPE
from dev.simulators.logins import ADMINISTRATOR_PASSWORD
from rotation.replication import Origin

from .arena import VAULTS, Arena

DAY = timedelta(days=1)
REREAD = timedelta(hours=23)
"""A consumer reads at least once in every grace; none is shorter than a day here."""


@dataclass
class Managed:
    """One managed secret."""

    name: str
    account: KeyHolder
    seeded: SecretVersion

    def slot_of(self, value: str) -> str:
        """Return the slot that a value lives on; on drift, the first."""
        return self.account.slot_of(self.account.key_in(value)) or self.account.keys.slots[0]


@dataclass
class Stage:
    """The contents of simulated Azure for one case."""

    arena: Arena
    vault: Vault = field(init=False)
    other_vault: Vault = field(init=False)
    managed: dict[str, Managed] = field(default_factory=dict)
    accounts: list[KeyHolder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vault, self.other_vault = (self.azure.add_vault(name) for name in VAULTS)

    @property
    def azure(self) -> SimulatedAzure:
        """The Azure that everything is in."""
        return self.arena.azure

    @property
    def clock(self) -> VirtualClock:
        """The clock that everything goes by."""
        return self.arena.clock

    def account(self, name: str = "samplestore", *, kind: str = "StorageV2") -> StorageAccount:
        """Add an account whose keys are older than any version: none counts as regenerated already."""
        made = self.azure.add_storage_account(name, kind=kind, created=self.clock.now() - 400 * DAY)
        self.accounts.append(made)
        return made

    def target(self, kind: str, *names: str) -> TwoKeyTarget:
        """Add a target of another service with two keys, as old."""
        made = self.azure.add_two_key_target(kind, *names, created=self.clock.now() - 400 * DAY)
        self.accounts.append(made)
        return made

    def application(self) -> EntraApplication:
        """Add an application, of whose new secrets Entra takes some seconds to know."""
        made = self.azure.add_entra_application("billing", created=self.clock.now() - 400 * DAY)
        made.known_after = timedelta(seconds=18)
        self.accounts.append(made)
        return made

    def generated(self) -> GeneratedValue:
        """Add what stands for the consumers of a generated value."""
        created = self.clock.now() - 400 * DAY
        made = self.azure.add_target(lambda world: GeneratedValue(world, "generated", created))
        self.accounts.append(made)
        return made

    def logins(self, *logins: str, kind: str = POSTGRESQL_TYPE, contained_in: str = "") -> Logins:
        """Add logins of a database server, and the secret of the administrator who changes their passwords."""
        server = self.azure.add_login_server("db1.contoso.com" if kind == OWN_TYPE else "sampledb", kind)
        made = self.azure.add_logins(server, *logins, created=self.clock.now() - 400 * DAY, known=self._pending)
        made.contained_in = contained_in
        self.vault.set_secret("administrator", ADMINISTRATOR_PASSWORD)
        self.accounts.append(made)
        return made

    def administrator(self, kind: str = SQL_TYPE) -> ServerAdministrator:
        """Add a database server whose own administrator's password Resource Manager changes."""
        server = self.azure.add_login_server("sampledb", kind)
        made = self.azure.add_server_administrator(server, created=self.clock.now() - 400 * DAY)
        self.accounts.append(made)
        return made

    def _pending(self) -> list[str]:
        names = [name for name in self.vault.names() if name.startswith("rotation-pending-")]
        current = [version for version in (self.vault.find(name) for name in names) if version is not None]
        everything = [version for name in self.managed for version in self.vault.versions(name)]
        return [version.value.reveal() for version in current] + [
            secret.account.key_in(version.value.reveal())
            for version in everything
            if isinstance((secret := self.managed[version.name]).account, Logins)
        ]

    def secret(
        self,
        account: KeyHolder,
        slot: str = "key1",
        *,
        name: str = "storage-key",
        connection_string: bool = False,
        expires_in: timedelta = 20 * DAY,
        **tags: str,
    ) -> Managed:
        """Seed a secret that holds `slot`, watch it, and give it a consumer."""
        text = account.connection_string(slot) if connection_string else account.key(slot)
        known = {"ProviderAddress": account.resource_id, "CredentialId": slot, "owner": "payments"}
        self.clock.advance(timedelta(seconds=2))
        version = self.vault.set_secret(
            name, text, tags=known | tags, content_type="text/plain", expires_on=self.clock.now() + expires_in
        )
        self.managed[name] = Managed(name, account, version)
        self.azure.watch(self.vault, name, account)
        self.azure.add_consumer(self.vault, name, account, every=REREAD, reread=REREAD)
        return self.managed[name]

    def replicate(self, secret: Managed) -> None:
        """Seed the replica that a secret's tag asks for, in the other vault, and give that a consumer too."""
        origin = Origin(self.vault.host, secret.name, secret.seeded.version, secret.seeded.created)
        tags = {name: text for name, text in secret.seeded.tags.items() if name != "ReplicateTo"}
        self.other_vault.set_secret(
            secret.name,
            secret.seeded.value.reveal(),
            tags=tags | {"ReplicaOf": str(origin)},
            content_type=secret.seeded.content_type,
            expires_on=secret.seeded.expires_on,
        )
        self.azure.add_consumer(self.other_vault, secret.name, secret.account, every=REREAD, reread=REREAD)

    def works(self, name: str) -> bool:
        """Tell whether whoever reads a secret now gets a key that its account accepts."""
        current = self.vault.find(name)
        return current is not None and self.managed[name].account.takes(current.value.reveal())
