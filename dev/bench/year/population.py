"""The secrets of the year: the same for every contender, as the seed has them.

Half are raw keys, half connection strings; a tenth live in pairs, on the two keys of one account. Validities are 31 to
365 days. Each carries what every contender needs: the tags of Microsoft's functions, the ARM id as content type for
KSSEDR, and two tags of the owner's that nobody may lose.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

DAY = timedelta(days=1)
NOTICE = 30 * DAY
"""How long before expiry Key Vault says so; the same for all secrets."""

_IN_PAIRS = 0.1
_WITH_RETIREMENT = 0.2
_RETIRE_AFTER = "P2D"
_SHORTEST, _LONGEST = 31, 365  # days
_PROPAGATION = (timedelta(0), timedelta(0), timedelta(0), timedelta(seconds=30), timedelta(minutes=5))


@dataclass(frozen=True)
class SecretSpec:
    """One secret as the year begins."""

    name: str
    account: str
    slot: str
    connection_string: bool
    validity: timedelta
    age: timedelta
    """Of its first version; old enough to be anywhere in its life, too young for Key Vault's notice."""
    retire_after: str | None
    """Its tag `RetireAfter`, which only one contender knows."""
    propagation: timedelta
    """How long a new key of its account takes to be accepted."""

    @property
    def tags(self) -> dict[str, str]:
        """The tags that its owner has given it, but for `CredentialId`."""
        tags = {
            "ValidityPeriodDays": str(self.validity.days),
            "owner": f"team-{self.name[-1]}",
            "cost-center": "4711",
        }
        return tags | ({"RetireAfter": self.retire_after} if self.retire_after else {})


def population(seed: int, vault: int, many: int) -> list[SecretSpec]:
    """Return the secrets of one vault.

    Args:
        seed: What every choice follows from.
        vault: The number of the vault.
        many: How many secrets it holds.
    """
    chance = random.Random(f"{seed}/population/{vault}")
    in_pairs = round(many * _IN_PAIRS / 2) * 2
    specs: list[SecretSpec] = []
    for number in range(many):
        second = number < in_pairs and number % 2 == 1
        validity = chance.randint(_SHORTEST, _LONGEST) * DAY
        specs.append(
            SecretSpec(
                name=f"secret-{vault}-{number:04}",
                account=f"store{vault}x{number - 1 if second else number:04}",
                slot="key2" if second else "key1",
                connection_string=(number // 2) % 2 == 1,
                validity=validity,
                age=_between(chance, timedelta(0), validity - NOTICE),
                retire_after=_RETIRE_AFTER if chance.random() < _WITH_RETIREMENT else None,
                propagation=specs[-1].propagation if second else chance.choice(_PROPAGATION),
            )
        )
    return specs


def _between(chance: random.Random, least: timedelta, most: timedelta) -> timedelta:
    """Return some whole number of seconds between two."""
    return timedelta(seconds=chance.randint(int(least.total_seconds()), int(most.total_seconds())))
