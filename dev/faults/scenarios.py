"""What a rotation starts from: each scenario seeds a stage and names the secrets whose events come in one batch.

`SCENARIOS` are the kinds of rotation, on a storage account but for one; `KINDS` is a plain rotation of every other kind
of target in the registry, for whom there is time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dev.simulators.login_server import SQL_TYPE
from dev.simulators.login_server import TYPE as POSTGRESQL
from dev.simulators.two_key_facts import FACTS

from .stage import DAY, Stage


@dataclass(frozen=True)
class Scenario:
    """One beginning."""

    name: str
    seed: Callable[[Stage], tuple[str, ...]]
    cold: bool = False
    """The app has not signed in yet: its calls for tokens are part of it."""


def _alternate(**options: str) -> Callable[[Stage], tuple[str, ...]]:
    def seed(stage: Stage) -> tuple[str, ...]:
        return (stage.secret(stage.account(), **options).name,)  # type: ignore[arg-type]

    return seed


def _connection_string(stage: Stage) -> tuple[str, ...]:
    return (stage.secret(stage.account(), connection_string=True).name,)


def _drift(stage: Stage) -> tuple[str, ...]:
    """Somebody regenerated the live slot an hour ago."""
    account = stage.account()
    old = account.key("key1")
    account.regenerate("key1")
    stage.clock.advance(timedelta(hours=1))
    secret = stage.secret(account)
    stage.vault.set_secret(
        secret.name, old, tags=secret.seeded.tags, content_type="text/plain", expires_on=secret.seeded.expires_on
    )
    return (secret.name,)


def _adopt(stage: Stage) -> tuple[str, ...]:
    """The idle slot has been regenerated for this period already."""
    secret = stage.secret(stage.account())
    stage.clock.advance(DAY)
    secret.account.regenerate("key2")
    stage.clock.advance(DAY)
    return (secret.name,)


def _collision(stage: Stage) -> tuple[str, ...]:
    """A neighbour that is not due lives on the idle slot."""
    account = stage.account()
    stage.secret(account, "key2", name="neighbour", connection_string=True, expires_in=80 * DAY)
    return (stage.secret(account).name,)


def _pair(stage: Stage) -> tuple[str, ...]:
    """Two secrets hold the two keys of one account and are due at once."""
    account = stage.account()
    first = stage.secret(account, "key1", name="first")
    second = stage.secret(account, "key2", name="second", connection_string=True)
    return first.name, second.name


def _replicas(stage: Stage) -> tuple[str, ...]:
    """A secret with a copy in another vault, which is served too; its old key dies after a day."""
    secret = stage.secret(stage.account(), ReplicateTo=stage.other_vault.name, RetireAfter="P1D")
    stage.replicate(secret)
    return (secret.name,)


def _file_storage(stage: Stage) -> tuple[str, ...]:
    return (stage.secret(stage.account(kind="FileStorage")).name,)


def _consumer(*, pinned: bool = False) -> Callable[[Stage], tuple[str, ...]]:
    """A site uses the secret, pins its version or not, and the previous key goes once it has the new one."""

    def seed(stage: Stage) -> tuple[str, ...]:
        site = stage.azure.add_site("shop")
        tags = {"RetireAfter": "P1D", "RetireWhen": "consumers-ready", "Consumers": site.resource_id}
        tags |= {"MovePinnedReferences": "true"} if pinned else {}
        secret = stage.secret(stage.account(), **tags)  # type: ignore[arg-type]
        # Who reads the secret by himself is nobody that the app can know.
        stage.azure.consumers.pop().stop()
        version = secret.seeded.version if pinned else ""
        site.set("Storage", f"@Microsoft.KeyVault(SecretUri={stage.vault.uri}secrets/{secret.name}/{version})")
        stage.azure.depend(site, "Storage", secret.account)
        return (secret.name,)

    return seed


def _target(kind: str, takes: timedelta | None = None, **options: str) -> Callable[[Stage], tuple[str, ...]]:
    """Return a beginning on a target of another service: its connection string, or a key where it has none."""

    def seed(stage: Stage) -> tuple[str, ...]:
        target = stage.target(kind, *("sample", "part", "rule")[: kind.count("/")])
        target.operation_takes = takes or target.operation_takes
        slot = target.keys.slots[0]
        return (stage.secret(target, slot, connection_string=True, **options).name,)  # type: ignore[arg-type]

    return seed


def _generated(stage: Stage) -> tuple[str, ...]:
    return (stage.secret(stage.generated(), "current").name,)


def _application(stage: Stage) -> tuple[str, ...]:
    return (stage.secret(stage.application(), "current", RetireAfter="P1D").name,)


def _logins(
    *names: str, kind: str = POSTGRESQL, contained_in: str = "", **options: str
) -> Callable[[Stage], tuple[str, ...]]:
    """Return a beginning on logins of a database server, in a JSON object."""

    def seed(stage: Stage) -> tuple[str, ...]:
        logins = stage.logins(*names, kind=kind, contained_in=contained_in)
        return (stage.secret(logins, names[0], connection_string=True, **logins.tags(), **options).name,)  # type: ignore[arg-type]

    return seed


def _administrator(stage: Stage) -> tuple[str, ...]:
    """The administrator of an Azure SQL server, tagged as for Microsoft's own function."""
    administrator = stage.administrator()
    return (stage.secret(administrator, administrator.server.administrator, connection_string=True).name,)


MAIN = "raw key"
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(MAIN, _alternate()),
        Scenario("cold process", _alternate(), cold=True),
        Scenario("connection string", _connection_string),
        Scenario("retire", _alternate(RetireAfter="P1D")),
        Scenario("pinned", _alternate(SlotStrategy="pinned")),
        Scenario("window", _alternate(RetireAfter="P1D", Window="daily 04:00-06:00 Europe/Zurich")),
        Scenario("drift", _drift),
        Scenario("adopt", _adopt),
        Scenario("collision", _collision),
        Scenario("collision pair", _pair),
        Scenario("replicas", _replicas),
        Scenario("file storage", _file_storage),
        Scenario("consumer", _consumer()),
        Scenario("consumer pins a version", _consumer(pinned=True)),
        Scenario("cosmos", _target("Microsoft.DocumentDB/databaseAccounts", takes=timedelta(seconds=20))),
        Scenario("generated value", _generated),
        Scenario("application secret", _application),
        Scenario("two logins", _logins("app_a", "app_b", RetireAfter="P1D")),
        Scenario("single login", _logins("app_a")),
        Scenario("two logins of SQL Server", _logins("app_a", "app_b", kind=SQL_TYPE, RetireAfter="P1D")),
        Scenario("contained user", _logins("app_a", kind=SQL_TYPE, contained_in="shop")),
        Scenario("server administrator", _administrator),
    )
}
KINDS = {facts.type: Scenario(facts.type, _target(facts.type, RetireAfter="P1D")) for facts in FACTS}
ALL = SCENARIOS | KINDS
