"""One rotation of a secret of any kind of target in the registry, step by step, for the contract of every provider."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from activities import read_metadata, regenerate_key, verify_key, write_version
from dev.simulators import KeyHolder, SecretVersion
from dev.simulators.two_key_facts import BY_TYPE
from tests.contract import steps
from tests.scene import DAY, Scene

STORAGE = "microsoft.storage/storageaccounts"
NAMES = ("contoso", "part", "rule")


@dataclass
class Rotation:
    """One secret of one kind of target, and the steps of its rotation."""

    scene: Scene
    kind: str
    form: str = "connection string"
    slot: str | None = None
    target: KeyHolder = field(init=False)

    def __post_init__(self) -> None:
        if self.kind == STORAGE:
            self.target = self.scene.account
        else:
            facts = BY_TYPE[self.kind]
            names = NAMES[: facts.type.count("/")]
            self.target = self.scene.azure.add_two_key_target(facts.type, *names, created=self.ago(400))
        self.slot = self.slot or self.target.keys.slots[0]

    def ago(self, days: int) -> datetime:
        return self.scene.clock.now() - days * DAY

    @property
    def idle(self) -> str:
        return self.target.other_slot(str(self.slot))

    @property
    def value(self) -> str:
        if self.form == "bare key":
            return self.target.key(str(self.slot))
        return self.target.connection_string(str(self.slot))

    def seed(self, name: str = "secret", **tags: str) -> SecretVersion:
        known = {"ProviderAddress": self.target.resource_id, "CredentialId": str(self.slot)}
        self.scene.clock.advance(timedelta(seconds=2))
        return self.scene.vault.set_secret(
            name, self.value, tags=known | tags, expires_on=self.scene.clock.now() + 20 * DAY
        )

    def call(self, module: Any, **payload: Any) -> dict[str, Any]:
        """Call an activity as the worker does, with plain JSON."""
        return steps.call(self.scene.clock, module, **payload)

    def step(self, module: Any, **payload: Any) -> dict[str, Any]:
        """Take a step as the orchestrator does: again, with what the last attempt wants to be remembered."""
        for _ in range(20):
            answer = self.call(module, **payload)
            if answer["status"] != "retry":
                assert answer["status"] == "done", answer
                value: dict[str, Any] = answer["value"]
                return value
            payload |= answer["memo"] or {}
            self.scene.clock.advance(timedelta(seconds=answer["after"] or 5))
        raise AssertionError(f"never done: {answer}")

    def read(self, version: SecretVersion) -> dict[str, Any]:
        return self.call(read_metadata, request=self.scene.request(version.version, name=version.name).to_json())

    def planned(self, version: SecretVersion) -> dict[str, Any]:
        answer = self.read(version)
        assert answer["status"] == "done", answer
        plan: dict[str, Any] = answer["value"]
        return plan

    def regenerate(self, plan: dict[str, Any]) -> dict[str, Any]:
        return self.step(regenerate_key, plan=plan, expected_version=plan["version"])

    def publish(self, plan: dict[str, Any]) -> dict[str, Any]:
        proof = self.step(verify_key, plan=plan, slot=plan["slot"])
        payload = {"fingerprint": proof["fingerprint"], "expected_version": plan["version"], "interim": False}
        self.step(write_version, plan=plan, slot=plan["slot"], **payload)
        return proof

    def operation(self, name: str) -> str:
        service = "storage" if self.kind == STORAGE else BY_TYPE[self.kind].service
        return f"{service}.{name}"

    def regenerations(self) -> int:
        return sum(len(self.target.key_history(slot)) - 1 for slot in self.target.keys.slots)
