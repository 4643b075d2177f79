"""Azure Resource Manager resource ids, as far as a rotation needs them."""

import re
from dataclasses import dataclass

_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/resourceGroups/(?P<group>(?u:[\w.()\-]{1,90}))"
    r"/providers/(?P<type>[a-z]+(?:\.[a-z]+)+/[a-z]+)"
    r"/(?P<name>[a-z0-9][\w.\-]{0,89})/?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class ResourceId:
    """A top-level resource in a resource group."""

    subscription: str
    resource_group: str
    resource_type: str
    """Provider namespace and type in lower case, e.g. `microsoft.storage/storageaccounts`."""
    name: str

    @classmethod
    def parse(cls, text: str) -> "ResourceId | None":
        """Return the id that `text` is, in any case and with or without a trailing slash; None if it is none."""
        match = _RESOURCE_ID.fullmatch(text.strip())
        if match is None or match["group"].endswith("."):
            return None
        return cls(match["subscription"], match["group"], match["type"].casefold(), match["name"])

    def __str__(self) -> str:
        namespace, _, kind = self.resource_type.partition("/")
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{namespace}/{kind}/{self.name}"
        )


def looks_like_resource_id(text: str) -> bool:
    """Tell whether somebody meant `text` to be a resource id, right or wrong."""
    return text.strip().casefold().startswith("/subscriptions/")
