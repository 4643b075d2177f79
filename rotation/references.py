"""References to a secret, as the settings of App Service and the secrets of Container Apps spell them.

Forms: learn.microsoft.com, "Use Key Vault references as app settings"; "Manage secrets in Azure Container Apps".
"""

import re
from dataclasses import dataclass

from rotation.request import SECRET_NAME, VAULT_HOST

_HOST = VAULT_HOST.pattern.replace("?P<name>", "").replace("?P<suffix>", "")
_URI = re.compile(
    rf"https://(?P<vault>{_HOST})(?::443)?/secrets/(?P<secret>{SECRET_NAME.pattern})(?:/(?P<version>[0-9a-f]{{32}}))?/?",
    re.ASCII | re.IGNORECASE,
)
_REFERENCE = re.compile(r"@Microsoft\.KeyVault\((?P<inside>[^()]*)\)", re.IGNORECASE)


@dataclass(frozen=True)
class SecretReference:
    """Which secret is meant, in lower case."""

    vault: str
    """Host name, or the vault's name alone."""
    secret: str
    version: str = ""
    """Empty where the newest is meant."""

    @classmethod
    def parse(cls, text: str) -> "SecretReference | None":
        """Return what a setting's value or a URI refers to; None if it is no reference to a secret."""
        text = text.strip()
        reference = _REFERENCE.fullmatch(text)
        fields = _fields(reference["inside"]) if reference else {"secreturi": text}
        if "secreturi" in fields:
            uri = _URI.fullmatch(fields["secreturi"])
            return cls(*((part or "").casefold() for part in uri.group("vault", "secret", "version"))) if uri else None
        vault, secret = fields.get("vaultname", "").casefold(), fields.get("secretname", "").casefold()
        return cls(vault, secret, fields.get("secretversion", "").casefold()) if vault and secret else None

    def is_to(self, vault: str, secret: str) -> bool:
        """Tell whether it means this secret of the vault with this host name."""
        return self.vault in (vault, vault.partition(".")[0]) and self.secret == secret.casefold()


def repinned(text: str, old: str, new: str) -> str:
    """Return a reference with another version pinned; everything else stays as it is spelt."""
    return re.sub(re.escape(old), new, text, flags=re.IGNORECASE)


def _fields(inside: str) -> dict[str, str]:
    parts = (part.partition("=") for part in inside.split(";"))
    return {name.strip().casefold(): text.strip() for name, _, text in parts}
