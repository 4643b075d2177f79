"""The state of a simulated App Service site or slot: settings, and what it has made of its Key Vault references.

It behaves as learn.microsoft.com, "Use Key Vault references as app settings", says: a reference is resolved when the
settings change, every 24 hours, and when somebody asks for it; in between the site goes on with what it has. One that
names a version keeps that version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .sensitive import Sensitive
from .vault import SecretVersion, Vault
from .world import World

CACHED = timedelta(hours=24)
PLACES = ("appsettings", "connectionstrings")
_RIGHTS = frozenset({"read", "refresh", "listSettings", "writeSettings"})

FindVault = Callable[[str], Vault | None]
"""Returns the vault of a host name or a name."""


@dataclass(frozen=True)
class Reference:
    """A setting's text, taken apart."""

    vault: str
    secret: str
    version: str

    @classmethod
    def of(cls, text: str) -> "Reference | None":
        """Read `@Microsoft.KeyVault(…)`; None for any other text."""
        if not text.startswith("@Microsoft.KeyVault(") or not text.endswith(")"):
            return None
        inside = text.partition("(")[2][:-1]
        fields = dict(part.split("=", 1) for part in inside.split(";") if "=" in part)
        if "SecretUri" in fields:
            return cls.at(fields["SecretUri"])
        return cls(fields.get("VaultName", ""), fields.get("SecretName", ""), fields.get("SecretVersion", ""))

    @classmethod
    def at(cls, uri: str) -> "Reference | None":
        """Read a secret's identifier."""
        host, _, path = uri.removeprefix("https://").partition("/secrets/")
        name, _, version = path.partition("/")
        return cls(host, name, version.rstrip("/")) if name else None


@dataclass(frozen=True)
class Resolution:
    """What a reference has led to."""

    reference: Reference
    status: str
    found: SecretVersion | None = None


class Site:
    """One site, or one of its slots."""

    def __init__(self, world: World, find_vault: FindVault, resource_id: str) -> None:
        self.resource_id = resource_id
        self.refresh_takes = timedelta(0)
        """How long a refresh that was asked for takes."""
        self.heeds_refresh = True
        """Whether a refresh does anything at all."""
        self.may_read = True
        """Whether its identity may read its vaults."""
        self.tells_state = True
        """Whether answers carry an ETag, and `If-Match` is heeded."""
        self.tells_versions = True
        self._world = world
        self._find_vault = find_vault
        self._denied: set[str] = set()
        self._settings: dict[str, dict[str, Any]] = {place: {} for place in PLACES}
        self._writes = 0
        self._resolved: dict[tuple[str, str], Resolution] = {}
        self._resolved_at = world.now()
        self._due: datetime | None = None

    @property
    def name(self) -> str:
        """The site's name, and the slot's."""
        return "/".join(self.resource_id.split("/")[8::2])

    @property
    def etag(self) -> str:
        """The state of its settings."""
        return f'"{self._writes}"'

    # --- knobs ------------------------------------------------------------------------------------------

    def deny(self, *rights: str) -> None:
        """Take the app's right to `read`, `refresh`, `listSettings` or `writeSettings`; all when none is named."""
        self._denied.update(rights or _RIGHTS)

    def allow(self) -> None:
        """Give all rights back."""
        self._denied.clear()

    def denies(self, right: str) -> bool:
        """Tell whether the app lacks a right."""
        return right in self._denied

    def set(self, name: str, text: str, *, type_: str | None = None) -> None:
        """Set one app setting, or with a type one connection string; the site restarts with it."""
        place = "connectionstrings" if type_ else "appsettings"
        setting = {"value": text, "type": type_} if type_ else text
        self.write(place, {**self.settings(place), name: setting})

    # --- effects ----------------------------------------------------------------------------------------

    def write(self, place: str, settings: Mapping[str, Any]) -> None:
        """Put all settings of one kind in the place of those that were there."""
        with self._world.lock:
            self._settings[place] = dict(settings)
            self._writes += 1
            self._resolve()
            self._world.changed(f"{self.name}: settings written")

    def refresh(self) -> None:
        """Resolve all references again, after a while."""
        with self._world.lock:
            if self.heeds_refresh:
                self._due = self._world.now() + self.refresh_takes
            self.catch_up()

    def catch_up(self) -> None:
        """Do what has come due since somebody looked last."""
        now = self._world.now()
        if (self._due is not None and self._due <= now) or self._resolved_at + CACHED <= now:
            self._resolve()
            self._world.changed(f"{self.name}: references resolved")

    def _resolve(self) -> None:
        self._due, self._resolved_at = None, self._world.now()
        before, self._resolved = self._resolved, {}
        for place, settings in self._settings.items():
            for name, setting in settings.items():
                reference = Reference.of(setting["value"] if isinstance(setting, dict) else setting)
                if reference is not None:
                    made = self._lead(reference)
                    old = before.get((place, name))
                    # Whoever is not let in goes on with what he has.
                    keeps = made.status == "AccessToKeyVaultDenied" and old is not None and old.reference == reference
                    self._resolved[place, name] = (
                        Resolution(reference, made.status, old.found) if keeps and old else made
                    )

    def _lead(self, reference: Reference) -> Resolution:
        vault = self._find_vault(reference.vault)
        if vault is None:
            return Resolution(reference, "VaultNotFound")
        found = vault.find(reference.secret, reference.version or None)
        if not self.may_read or (found is not None and not found.enabled):
            return Resolution(reference, "AccessToKeyVaultDenied")
        if found is None:
            return Resolution(reference, "SecretVersionNotFound" if reference.version else "SecretNotFound")
        return Resolution(reference, "Resolved", found)

    # --- questions --------------------------------------------------------------------------------------

    def settings(self, place: str = "appsettings") -> dict[str, Any]:
        """Return all settings of one kind, as they are spelt."""
        with self._world.lock:
            return dict(self._settings[place])

    def holds(self, name: str, place: str = "appsettings") -> SecretVersion | None:
        """Return the version with which the site goes on for one setting."""
        with self._world.lock:
            self.catch_up()
            resolution = self._resolved.get((place, name))
            return resolution.found if resolution else None

    def value(self, name: str, place: str = "appsettings") -> Sensitive | None:
        """Return what the site reads from one setting that is a reference."""
        held = self.holds(name, place)
        return held.value if held else None

    def references(self, place: str) -> list[dict[str, Any]]:
        """Return what Resource Manager tells of the references of one kind."""
        with self._world.lock:
            self.catch_up()
            return [
                self._described(place, name, resolution)
                for (where, name), resolution in self._resolved.items()
                if where == place
            ]

    def _described(self, place: str, name: str, resolution: Resolution) -> dict[str, Any]:
        setting = self._settings[place][name]
        version = resolution.found.version if resolution.found and self.tells_versions else ""
        return {
            "id": f"{self.resource_id}/config/configreferences/{place}/{name}",
            "name": name,
            "type": "Microsoft.Web/sites/config/configreferences",
            "properties": {
                "reference": setting["value"] if isinstance(setting, dict) else setting,
                "status": resolution.status,
                "vaultName": resolution.reference.vault.partition(".")[0],
                "secretName": resolution.reference.secret,
                "secretVersion": resolution.reference.version or version,
                "activeVersion": version,
                "source": "KeyVault",
            },
        }
