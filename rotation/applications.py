"""Addresses of Entra applications: `entra:` and the object id, or the object id alone."""

from rotation.address import GUID, Address, NamedAddress
from rotation.request import shape
from rotation.tags import PROVIDER_ADDRESS, STRATEGY, Tags


def interpret(address: Address, tags: Tags) -> Address | list[str]:
    """Complain of what cannot be an application's object id, or has no meaning for one."""
    complaints = []
    if not isinstance(address, NamedAddress) or not GUID.fullmatch(address.path) or address.options:
        complaints.append(
            f"{PROVIDER_ADDRESS} is {shape(str(address))}, expected entra: and an application's object id"
        )
    if STRATEGY in tags:
        complaints.append(f"{STRATEGY} is for targets with slots: remove it from an application's secret")
    return complaints or address
