"""What is asked of a key vault, and what the service is known to answer.

Of refusals the status counts: codes are the simulators' own contract (tests/contract/simulators), for no other
implementation has the service's. Sources: learn.microsoft.com/rest/api/keyvault/secrets and the service's answers
as quoted in dev/simulators.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.keyvault.secrets import SecretClient

import bootstrap
from rotation.credential import Credential
from rotation.failures import RotationError
from tests.scene import VAULT

HOST = f"{VAULT}.vault.azure.net"
EXPIRES = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Subject:
    """A vault under question, and a secret's name that no other question uses."""

    secrets: SecretClient
    name: str

    def set(self, value: str = "one", **fields: Any) -> str:
        """Make a version and return its id."""
        return str(self.secrets.set_secret(self.name, value, **fields).properties.version)

    def listed(self) -> list[Any]:
        """Return the entries of this secret in the list of secrets."""
        return [each for each in self.secrets.list_properties_of_secrets() if each.name == self.name]

    def listed_deleted(self) -> int:
        """Count the entries of this secret in the list of deleted secrets."""
        return sum(each.name == self.name for each in self.secrets.list_deleted_secrets())

    def versions(self) -> dict[str, Any]:
        """Return the versions by id."""
        return {str(each.version): each for each in self.secrets.list_properties_of_secret_versions(self.name)}


Question = Callable[[Subject], Any]
QUESTIONS: dict[str, Question] = {}
ANSWERS: dict[str, Any] = {}


def asks(answer: Any) -> Callable[[Question], Question]:
    """Put a question on the list, with the service's answer."""

    def register(question: Question) -> Question:
        QUESTIONS[question.__name__] = question
        ANSWERS[question.__name__] = answer
        return question

    return register


def refusal(call: Callable[[], Any]) -> int | None:
    """Make a call and return the status of its refusal, if it is refused."""
    try:
        call()
    except HttpResponseError as error:
        return error.status_code
    return None


def raised(call: Callable[[], Any]) -> str | None:
    """Make a call of the app's and return the name of what it raises."""
    try:
        call()
    except RotationError as error:
        return type(error).__name__
    return None


@asks((("värde", {"a": "1"}, "text/x", EXPIRES, EXPIRES - DAY, True), True, True))
def written(it: Subject) -> Any:
    made = it.secrets.set_secret(
        it.name, "värde", tags={"a": "1"}, content_type="text/x", expires_on=EXPIRES, not_before=EXPIRES - DAY
    )
    read = it.secrets.get_secret(it.name)
    told = read.properties
    is_id = bool(re.fullmatch("[0-9a-f]{32}", told.version or ""))
    facts = (read.value, told.tags, told.content_type, told.expires_on, told.not_before, told.enabled)
    return facts, made.id == read.id == f"{told.vault_url}/secrets/{it.name}/{told.version}", is_id


@asks((None, None, None, None, True))
def bare(it: Subject) -> Any:
    it.set()
    told = it.secrets.get_secret(it.name).properties
    return told.tags, told.content_type, told.expires_on, told.not_before, told.enabled


@asks(("Recoverable+Purgeable", 90))
def recovery_level(it: Subject) -> Any:
    it.set()
    told = it.secrets.get_secret(it.name).properties
    return str(getattr(told.recovery_level, "value", told.recovery_level)), told.recoverable_days


@asks((("two", True, None, None), ("one", {"a": "1"}, "x")))
def new_version(it: Subject) -> Any:
    old = it.set("one", tags={"a": "1"}, content_type="x")
    new = it.set("two")
    now, then = it.secrets.get_secret(it.name), it.secrets.get_secret(it.name, old)
    return (
        (now.value, now.properties.version == new, now.properties.tags, now.properties.content_type),
        (then.value, then.properties.tags, then.properties.content_type),
    )


@asks(2)
def same_value(it: Subject) -> Any:
    return len({it.set("one"), it.set("one")})


@asks((True, [{"n": "0"}, {"n": "1"}, {"n": "2"}]))
def version_list(it: Subject) -> Any:
    made = [it.set(str(number), tags={"n": str(number)}) for number in range(3)]
    versions = it.versions()
    return set(versions) == set(made), [versions[each].tags for each in made if each in versions]


@asks((True, [25, 5]))
def many_versions(it: Subject) -> Any:
    made = {it.set(str(number)) for number in range(30)}
    sizes = [len(list(page)) for page in it.secrets.list_properties_of_secret_versions(it.name).by_page()]
    return set(it.versions()) == made, sizes


@asks("by id")
def version_order(it: Subject) -> Any:
    made = [it.set(str(number)) for number in range(12)]
    listed = list(it.versions())
    return "by id" if listed == sorted(made) else "by age" if listed == made else "otherwise"


@asks((True, 0))
def created_on(it: Subject) -> Any:
    it.set()
    told = it.secrets.get_secret(it.name).properties
    return told.created_on == told.updated_on, told.created_on is not None and told.created_on.microsecond


@asks([(None, {"a": "2"}, "new", EXPIRES, True)])
def listed(it: Subject) -> Any:
    it.set("one", tags={"a": "1"}, content_type="old")
    it.set("two", tags={"a": "2"}, content_type="new", expires_on=EXPIRES)
    return [(each.version, each.tags, each.content_type, each.expires_on, each.enabled) for each in it.listed()]


@asks([False])
def listed_disabled(it: Subject) -> Any:
    it.set("one")
    it.set("two", enabled=False)
    return [each.enabled for each in it.listed()]


@asks(404)
def no_secret(it: Subject) -> Any:
    return refusal(lambda: it.secrets.get_secret(it.name))


@asks(404)
def no_version(it: Subject) -> Any:
    it.set()
    return refusal(lambda: it.secrets.get_secret(it.name, "0" * 32))


@asks(404)
def no_versions(it: Subject) -> Any:
    return refusal(it.versions)


@asks(404)
def update_nothing(it: Subject) -> Any:
    return refusal(lambda: it.secrets.update_secret_properties(it.name, "0" * 32, tags={}))


@asks(404)
def delete_nothing(it: Subject) -> Any:
    return refusal(lambda: it.secrets.begin_delete_secret(it.name))


@asks((404, 404, 404))
def not_deleted(it: Subject) -> Any:
    it.set()
    return (
        refusal(lambda: it.secrets.get_deleted_secret(it.name)),
        refusal(lambda: it.secrets.begin_recover_deleted_secret(it.name)),
        refusal(lambda: it.secrets.purge_deleted_secret(it.name)),
    )


@asks((403, 403, "old"))
def disabled_newest(it: Subject) -> Any:
    old = it.set("old")
    new = it.set("new", enabled=False)
    return (
        refusal(lambda: it.secrets.get_secret(it.name)),
        refusal(lambda: it.secrets.get_secret(it.name, new)),
        it.secrets.get_secret(it.name, old).value,
    )


@asks("new")
def enabled_again(it: Subject) -> Any:
    new = it.set("new", enabled=False)
    it.secrets.update_secret_properties(it.name, new, enabled=True)
    return it.secrets.get_secret(it.name).value


@asks((({"b": "2"}, "kept", EXPIRES, True), ("new", {"b": "2"}, "kept", {"a": "1"}), 2))
def updated(it: Subject) -> Any:
    old = it.set("old", tags={"a": "1"})
    new = it.set("new", tags={"a": "1"}, content_type="kept", expires_on=EXPIRES)
    told = it.secrets.update_secret_properties(it.name, new, tags={"b": "2"})
    now, then = it.secrets.get_secret(it.name), it.secrets.get_secret(it.name, old)
    return (
        (told.tags, told.content_type, told.expires_on, told.version == new),
        (now.value, now.properties.tags, now.properties.content_type, then.properties.tags),
        len(it.versions()),
    )


@asks((EXPIRES, {"a": "1"}, True))
def updated_expiry(it: Subject) -> Any:
    version = it.set("one", tags={"a": "1"})
    it.secrets.update_secret_properties(it.name, version, expires_on=EXPIRES)
    told = it.secrets.get_secret(it.name).properties
    return told.expires_on, told.tags, told.enabled


@asks("new")
def updated_content_type(it: Subject) -> Any:
    version = it.set("one", content_type="old")
    it.secrets.update_secret_properties(it.name, version, content_type="new")
    return it.secrets.get_secret(it.name).properties.content_type


@asks({"b": "2"})
def updated_without_version(it: Subject) -> Any:
    it.set("old")
    it.set("new")
    problem = refusal(lambda: it.secrets.update_secret_properties(it.name, tags={"b": "2"}))
    return problem or it.secrets.get_secret(it.name).properties.tags


@asks("x")
def expired(it: Subject) -> Any:
    past = datetime.now(UTC) - DAY
    it.set("x", expires_on=past)
    return refusal(lambda: it.secrets.get_secret(it.name)) or it.secrets.get_secret(it.name).value


@asks("x")
def not_yet_valid(it: Subject) -> Any:
    it.set("x", not_before=datetime.now(UTC) + DAY)
    return refusal(lambda: it.secrets.get_secret(it.name)) or it.secrets.get_secret(it.name).value


@asks(((True, {"a": "1"}, True, True), (404, [], 404), 1))
def deleted(it: Subject) -> Any:
    it.set("one")
    it.set("two", tags={"a": "1"})
    gone = it.secrets.begin_delete_secret(it.name).result()
    found = it.secrets.get_deleted_secret(it.name)
    return (
        (
            gone.name == it.name,
            gone.properties.tags,
            gone.deleted_date is not None,
            gone.recovery_id == found.recovery_id,
        ),
        (refusal(lambda: it.secrets.get_secret(it.name)), it.listed(), refusal(it.versions)),
        it.listed_deleted(),
    )


@asks(timedelta(days=90))
def purge_date(it: Subject) -> Any:
    it.set("one")
    gone = it.secrets.begin_delete_secret(it.name).result()
    return gone.scheduled_purge_date and gone.deleted_date and gone.scheduled_purge_date - gone.deleted_date


@asks((409, 404))
def name_of_deleted(it: Subject) -> Any:
    it.set()
    it.secrets.begin_delete_secret(it.name).wait()
    return refusal(lambda: it.set("two")), refusal(lambda: it.secrets.begin_delete_secret(it.name))


@asks(("two", {"a": "1"}, True, 0))
def recovered(it: Subject) -> Any:
    made = {it.set("one"), it.set("two", tags={"a": "1"})}
    it.secrets.begin_delete_secret(it.name).wait()
    it.secrets.begin_recover_deleted_secret(it.name).wait()
    now = it.secrets.get_secret(it.name)
    return now.value, now.properties.tags, set(it.versions()) == made, it.listed_deleted()


@asks((None, 404, 1))
def purged(it: Subject) -> Any:
    it.set("one")
    it.secrets.begin_delete_secret(it.name).wait()
    problem = refusal(lambda: it.secrets.purge_deleted_secret(it.name))
    if problem is not None:
        return problem
    gone = refusal(lambda: it.secrets.get_deleted_secret(it.name))
    it.set("new")
    return problem, gone, len(it.versions())


@asks((2, "found"))
def letter_case(it: Subject) -> Any:
    it.secrets.set_secret(it.name.upper(), "one")
    it.set("two")
    return len(it.versions()), refusal(lambda: it.secrets.get_secret(it.name.title())) or "found"


@asks({"name": 400, "long name": 400, "value": 400, "tags": 400, "tag's name": 400, "tag's value": 400})
def limits(it: Subject) -> Any:
    tries: dict[str, Callable[[], Any]] = {
        "name": lambda: it.secrets.set_secret("under_score", "x"),
        "long name": lambda: it.secrets.set_secret("n" * 128, "x"),
        "value": lambda: it.set("x" * (25 * 1024 + 1)),
        "tags": lambda: it.set(tags={str(number): "" for number in range(16)}),
        "tag's name": lambda: it.set(tags={"t" * 257: ""}),
        "tag's value": lambda: it.set(tags={"t": "x" * 257}),
    }
    return {what: refusal(attempt) for what, attempt in tries.items()}


@asks(True)
def roomy(it: Subject) -> Any:
    tags = {f"{number:0256}": "v" * 256 for number in range(15)}
    it.set("x" * 25 * 1024, tags=tags)
    return it.secrets.get_secret(it.name).properties.tags == tags


@asks(400)
def early_expiry(it: Subject) -> Any:
    return refusal(lambda: it.set(expires_on=EXPIRES, not_before=EXPIRES + DAY))


@asks(
    (
        (True, True, {"A": "1"}, "text/x", EXPIRES),
        (True, True, {"Owner": "me"}, None, None),
        True,
    )
)
def as_the_app_reads(it: Subject) -> Any:
    vault = bootstrap.key_vault(HOST)
    old = it.set("old", tags={"Owner": "me"})
    new = vault.write(it.name, Credential("new"), tags={"A": "1"}, content_type="text/x", expires_on=EXPIRES)
    now, then = vault.read(it.name), vault.read(it.name, old)
    return (
        (now.version == new, now.value == Credential("new"), dict(now.tags), now.content_type, now.expires_on),
        (then.version == old, then.value == Credential("old"), dict(then.tags), then.content_type, then.expires_on),
        vault.created(it.name) == {old: then.created_on, new: now.created_on},
    )


@asks({})
def as_the_app_reads_without_tags(it: Subject) -> Any:
    it.set()
    return dict(bootstrap.key_vault(HOST).read(it.name).tags)


@asks(("MissingError", "MissingError"))
def as_the_app_misses(it: Subject) -> Any:
    vault = bootstrap.key_vault(HOST)
    it.set()
    return raised(lambda: vault.read(f"{it.name}-not")), raised(lambda: vault.read(it.name, "0" * 32))


@asks("DisabledError")
def as_the_app_meets_a_disabled_one(it: Subject) -> Any:
    it.set(enabled=False)
    return raised(lambda: bootstrap.key_vault(HOST).read(it.name))


@asks("MissingError")
def as_the_app_writes_over_a_deleted_one(it: Subject) -> Any:
    it.set()
    it.secrets.begin_delete_secret(it.name).wait()
    written = partial(bootstrap.key_vault(HOST).write, it.name, Credential("x"), tags={}, content_type=None)
    return raised(lambda: written(expires_on=None))
