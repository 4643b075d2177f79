"""What the registry's kinds of provider make of a secret's tags, without asking anybody."""

from collections.abc import Callable, Mapping

from rotation.address import Address
from rotation.tags import Tags

Interpreter = Callable[[Address, Tags], Address | list[str]]
"""Returns the address with all that the kind needs of the tags, or every complaint about them."""

Kinds = Mapping[str, Interpreter]
"""By resource type in lower case, or by what stands before the colon."""


def as_it_stands(address: Address, _: Tags) -> Address:
    """Take an address that says everything."""
    return address
