"""The state of a simulated container app, as far as its secrets come from Key Vault.

A secret without a version follows the vault within 30 minutes, and the revisions that use it are restarted:
learn.microsoft.com, "Manage secrets in Azure Container Apps". Which version it has, nobody tells.
"""

from datetime import timedelta

from .sites import FindVault, Reference
from .vault import SecretVersion
from .world import World

FOLLOWS_WITHIN = timedelta(minutes=30)


class ContainerApp:
    """One container app."""

    def __init__(self, world: World, find_vault: FindVault, resource_id: str) -> None:
        self.resource_id = resource_id
        self.provisioning_state = "Succeeded"
        self._world = world
        self._find_vault = find_vault
        self._secrets: dict[str, str | None] = {}

    @property
    def name(self) -> str:
        """Its name."""
        return self.resource_id.rpartition("/")[2]

    def set(self, name: str, uri: str | None) -> None:
        """Let a secret come from Key Vault; without a URI it has a value of its own."""
        self._secrets[name] = uri

    def holds(self, name: str) -> SecretVersion | None:
        """Return the version that a secret has now: half an hour behind, as late as it may be."""
        uri = self._secrets[name]
        reference = Reference.at(uri) if uri else None
        vault = self._find_vault(reference.vault) if reference else None
        if reference is None or vault is None:
            return None
        if reference.version:
            return vault.find(reference.secret, reference.version)
        versions = vault.versions(reference.secret)
        arrived = [each for each in versions if each.created + FOLLOWS_WITHIN <= self._world.now()]
        return (arrived or versions)[-1] if versions else None

    def described(self) -> dict[str, object]:
        """Return what Resource Manager tells of it; values are left out."""
        secrets = [
            {"name": name, "keyVaultUrl": uri, "identity": "system"} if uri else {"name": name}
            for name, uri in self._secrets.items()
        ]
        return {
            "id": self.resource_id,
            "name": self.name,
            "type": "Microsoft.App/containerApps",
            "properties": {"provisioningState": self.provisioning_state, "configuration": {"secrets": secrets}},
        }
