"""Azure Resource Manager resource ids, as far as a rotation needs them."""

import re
from dataclasses import dataclass

_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/resourceGroups/(?P<group>(?u:[\w.()\-]{1,90}))"
    r"/providers/(?P<namespace>[a-z]+(?:\.[a-z]+)+)"
    r"(?P<path>/[a-z]+/[a-z0-9][\w.\-]{0,89}(?:/[a-z]+/[a-z0-9][\w.\-~]{0,259}){0,2})/?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class ResourceId:
    """A resource in a resource group, or a part of one, e.g. an authorization rule of a namespace."""

    subscription: str
    resource_group: str
    resource_type: str
    """Provider namespace and types in lower case, e.g. `microsoft.storage/storageaccounts`."""
    name: str
    parents: tuple[str, ...] = ()
    """Names of what it is a part of, from the outside in."""

    @classmethod
    def parse(cls, text: str) -> "ResourceId | None":
        """Return the id that `text` is, in any case and with or without a trailing slash; None if it is none."""
        match = _RESOURCE_ID.fullmatch(text.strip())
        if match is None or match["group"].endswith("."):
            return None
        _, *path = match["path"].split("/")
        *parents, name = path[1::2]
        kind = "/".join((match["namespace"], *path[::2])).casefold()
        return cls(match["subscription"], match["group"], kind, name, tuple(parents))

    @property
    def kind(self) -> str:
        """Which of the registry's providers it is for."""
        return self.resource_type

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the id, from the outside in."""
        return (*self.parents, self.name)

    @property
    def label(self) -> str:
        """What people are told: the names alone."""
        return "/".join(self.names)

    @property
    def root(self) -> "ResourceId":
        """The top-level resource that this is, or is a part of."""
        kind = "/".join(self.resource_type.split("/")[:2])
        return ResourceId(self.subscription, self.resource_group, kind, self.names[0])

    def __str__(self) -> str:
        namespace, *kinds = self.resource_type.split("/")
        path = "".join(f"/{kind}/{name}" for kind, name in zip(kinds, self.names, strict=True))
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}/providers/{namespace}{path}"


def looks_like_resource_id(text: str) -> bool:
    """Tell whether somebody meant `text` to be a resource id, right or wrong."""
    return text.strip().casefold().startswith("/subscriptions/")
