"""Addresses of generated values: what stands behind `generated:`, and the tags that go with it."""

from rotation.address import GENERATED, Address, NamedAddress
from rotation.recipes import Recipe, RecipeError, Template, parse_recipe, parse_template
from rotation.tags import PROVIDER_ADDRESS, RETIRE_AFTER, STRATEGY, TEMPLATE, Tags

STATIC = "static"
_TEMPLATE = "template"


def interpret(address: Address, tags: Tags) -> Address | list[str]:
    """Take the template into the address; complain of what no generated value could be made by."""
    if not isinstance(address, NamedAddress):
        return [f"{PROVIDER_ADDRESS} names a resource, expected a kind of generated value"]
    complaints = [
        f"{name} is for what a target issues: remove it from a generated value"
        for name in (RETIRE_AFTER, STRATEGY)
        if name in tags
    ]
    try:
        if address.path == _TEMPLATE:
            address = NamedAddress(address.kind, address.path, (*address.options, (TEMPLATE, tags.get(TEMPLATE, ""))))
        recipe_of(address)
    except RecipeError as error:
        about = TEMPLATE if address.path == _TEMPLATE else PROVIDER_ADDRESS
        complaints.append(f"{about} {'' if about == TEMPLATE else 'is wrong: '}{error}")
    return complaints or address


def is_reminder(address: Address) -> bool:
    """Tell whether the expiry merely reminds people to renew a value themselves."""
    return address.kind == GENERATED and isinstance(address, NamedAddress) and address.path == STATIC


def recipe_of(address: NamedAddress) -> Recipe | Template | None:
    """Return how the value is made; None for one that is not.

    Raises:
        RecipeError: That cannot be made out.
    """
    if address.path == _TEMPLATE:
        options = dict(address.options)
        template = options.pop(TEMPLATE, "")
        if options:
            raise RecipeError("has options: a template's fields have theirs")
        return parse_template(template)
    if address.path == STATIC:
        if address.options:
            raise RecipeError("static has options, expected none")
        return None
    return parse_recipe(address.path, address.options)
