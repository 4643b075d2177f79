"""What a listing of a vault tells of a secret, without its value."""

from dataclasses import dataclass
from datetime import datetime

from rotation.request import PENDING_NAME
from rotation.tags import OURS, REPLICATE_TO, Tags, provider_text


@dataclass(frozen=True)
class ListedSecret:
    """One secret, as its current version was when the vault was listed."""

    name: str
    enabled: bool
    created_on: datetime | None
    expires_on: datetime | None
    content_type: str | None
    tags: Tags

    @property
    def provider(self) -> str | None:
        """What names the provider, valid or not; None for a secret that is not managed."""
        return provider_text(self.tags, self.content_type)

    @property
    def is_pending(self) -> bool:
        """Whether a rotation keeps in it what it is about to publish."""
        return PENDING_NAME.fullmatch(self.name) is not None

    @property
    def is_only_copied(self) -> bool:
        """Whether nobody meant it to be rotated, but copied to other vaults whenever somebody writes it."""
        ours = [name for name in OURS if name in self.tags]
        return self.provider is None and ours == [REPLICATE_TO]

    @property
    def concerns_us(self) -> bool:
        """Whether somebody meant it to be rotated: it names a provider, or carries another of our tags."""
        return self.provider is not None or any(name in self.tags for name in OURS)
