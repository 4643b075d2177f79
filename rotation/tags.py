"""Tags on a secret: their names, found in any letter case and written back as the operator spelt them."""

from collections.abc import Iterable, Iterator, Mapping

from rotation.arm import looks_like_resource_id

PROVIDER_ADDRESS = "ProviderAddress"
CREDENTIAL_ID = "CredentialId"
VALIDITY = "ValidityPeriodDays"
LEAD = "RotateBeforeDays"
STRATEGY = "SlotStrategy"
RETIRE_AFTER = "RetireAfter"
VERIFICATION = "Verification"
ENABLED = "RotationEnabled"
TEMPLATE = "Template"
TEMPLATE_ADDRESS = "generated:template"
RETIRE_WHEN = "RetireWhen"
CONSUMERS = "Consumers"
MOVE_PINNED = "MovePinnedReferences"
WINDOW = "Window"
APPROVAL = "Approval"
ROTATION_ID = "RotationId"
REPLICATE_TO = "ReplicateTo"
REPLICA_OF = "ReplicaOf"
OURS = (
    PROVIDER_ADDRESS, CREDENTIAL_ID, VALIDITY, LEAD, STRATEGY, RETIRE_AFTER, RETIRE_WHEN, VERIFICATION, ENABLED,
    TEMPLATE, WINDOW, APPROVAL, ROTATION_ID, REPLICATE_TO, REPLICA_OF,
)  # fmt: skip
# They say who uses a secret, whether it is to be rotated or not.
_OF_CONSUMERS = (CONSUMERS, MOVE_PINNED)

# Limits of Key Vault: learn.microsoft.com, "About Azure Key Vault secrets", secret tags.
MOST_TAGS = 15


class Tags(Mapping[str, str]):
    """A secret's tags by name in any letter case."""

    def __init__(self, tags: Mapping[str, str], configured: Mapping[str, str] | None = None) -> None:
        """`configured` says what is written elsewhere, for names that are not among the tags; it is never written."""
        self._raw = dict(tags)
        self._configured = {name.casefold(): text for name, text in (configured or {}).items()}
        self._spelling: dict[str, list[str]] = {}
        for name in tags:
            self._spelling.setdefault(name.strip().casefold(), []).append(name)

    def __getitem__(self, name: str) -> str:
        known = name.strip().casefold()
        if known not in self._spelling:
            return self._configured[known].strip()
        return self._raw[self._spelling[known][0]].strip()

    def __iter__(self) -> Iterator[str]:
        yield from self._raw
        yield from (name for name in self._configured if name not in self._spelling)

    def __len__(self) -> int:
        return len(self._raw) + sum(name not in self._spelling for name in self._configured)

    def beside(self, configured: Mapping[str, str]) -> "Tags":
        """Return the tags with what is written elsewhere."""
        return Tags(self._raw, configured) if configured else self

    def ambiguous(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the names of ours that stand there more than once."""
        return [name for name in names or (*OURS, *_OF_CONSUMERS) if len(self._spelling.get(name.casefold(), [])) > 1]

    def updated(self, changes: Mapping[str, str]) -> dict[str, str]:
        """Return all tags with some of them changed or added, in their present spelling."""
        result = dict(self._raw)
        for name, value in changes.items():
            result[self._spelling.get(name.casefold(), [name])[0]] = value
        return result


def is_enabled(tags: Tags) -> bool:
    """Tell whether rotation is on: it is, unless `RotationEnabled` says false."""
    return tags.get(ENABLED, "true").casefold() != "false"


def provider_text(tags: Tags, content_type: str | None) -> str | None:
    """Return what names the provider: the tag, else a content type that is meant as a resource id (KSSEDR)."""
    if tags.get(PROVIDER_ADDRESS):
        return tags[PROVIDER_ADDRESS]
    return content_type.strip() if content_type and looks_like_resource_id(content_type) else None


def stamped(tags: Tags, credential_id: str, rotation_id: str) -> dict[str, str]:
    """Return the tags of a new version: all that were there, who wrote it, and its slot told truly, if it has a name.

    The two are conveniences, since the value decides: they must not cost a secret with 14 tags its rotation, nor one
    with 15 its move.
    """
    result = Tags(tags.updated({}))
    for name, value in ((ROTATION_ID, rotation_id), (CREDENTIAL_ID, credential_id)):
        if value and (name in result or len(result) < MOST_TAGS):
            result = Tags(result.updated({name: value}))
    return result.updated({})
