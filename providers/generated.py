"""Values that nothing issues and nothing checks: passwords, random strings, UUIDs, and JSON objects of them."""

from collections.abc import Mapping
from secrets import SystemRandom

from providers.escrow import Escrow
from providers.protocol import Trial, Verdict
from rotation.address import NamedAddress
from rotation.credential import Credential
from rotation.failures import RefusedError
from rotation.forms import WHOLE_VALUE
from rotation.generated import recipe_of
from rotation.model import Slot, Target
from rotation.recipes import RecipeError, Template
from rotation.under_way import UnderWay
from rotation.words import Words


class GeneratedValue:
    """One secret whose value is made here, and known to be right because it is what the vault says."""

    form = WHOLE_VALUE

    def __init__(self, address: NamedAddress, escrow: Escrow) -> None:
        self._address = address
        self._escrow = escrow

    def describe(self) -> Target:
        """There is nothing to ask."""
        return Target(keys_refused=None, probe_endpoint=None)

    def slots(self) -> Mapping[str, Slot]:
        """Read the value, and the next one as far as it has been made."""
        return self._escrow.slots(self.form)

    def regenerate(self, slot: Slot) -> bool:
        """Make the next value, and keep it until it is published."""
        self._escrow.put(self._made())
        return True

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """It is in force when it is published."""
        return False

    def retire(self, slot: Slot) -> bool:
        """A value that nobody accepts cannot die."""
        return True

    def published(self) -> None:
        """Let go of what is in the secret now."""
        self._escrow.remove()

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """There is nobody to ask."""
        return Trial(Verdict.UNTRIED, "a generated value is accepted by nobody but its consumers")

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        return Words(None, None, None, None, pending=self._escrow.name)

    def _made(self) -> Credential:
        try:
            recipe = recipe_of(self._address)
            if recipe is None:
                raise RefusedError("a static value is not made: renew it by hand")
            if isinstance(recipe, Template):
                return Credential(recipe.make(self._escrow.current().value.reveal(), SystemRandom()))
            return Credential(recipe.make(SystemRandom()))
        except RecipeError as error:
            raise RefusedError(f"no value can be made: {error}") from None
