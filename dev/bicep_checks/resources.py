"""Resource bodies against Microsoft's type definitions: names, required ones, kinds of values, enumerations, limits.

What cannot be known without a compiler (a parameter without @allowed, the result of a function) is let through.
"""

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from dev.bicep_checks.schemas import ObjectType, Property, Schema
from dev.bicep_checks.syntax import Declaration, Finding, Source, arguments, called, items, pairs, string_value, text

# What Bicep itself adds to a resource's body.
_OF_BICEP = frozenset({"parent", "scope", "dependsOn"})
_KINDS = {"string": "string", "number": "int", "boolean": "bool", "object": "object", "array": "array"}
_LIMIT = re.compile(r"(minLength|maxLength|minValue|maxValue): (-?\d+)|pattern: (.+)$")


def check(source: Source, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    """Yield what Azure would refuse."""
    for declaration in source.of("resource"):
        schema = schemas.get(declaration.type.casefold())
        if schema is None:
            yield source.finding(declaration.node, f"no schema for {declaration.type}: see dev/bicep_checks/refresh.py")
            continue
        yield from _Body(source, schema).check(declaration)


class _Body:
    def __init__(self, source: Source, schema: Schema) -> None:
        self._source = source
        self._schema = schema

    def check(self, declaration: Declaration) -> Iterator[Finding]:
        """Check one declaration."""
        body = declaration.body
        if body is None or body.type != "object":
            yield self._source.finding(declaration.node, f"{declaration.name} has no body")
            return
        given = {key: value for key, value in pairs(body) if key not in _OF_BICEP}
        if declaration.existing:
            extra = sorted(map(str, given.keys() - {"name"}))
            if extra or "name" not in given:
                yield self._source.finding(body, f"existing {declaration.name} takes a name only, not {extra}")
            return
        scopes = self._schema.scopes
        own = "ResourceGroup" if self._source.scope == "resourceGroup" else "Subscription"
        if scopes and own not in scopes:
            yield self._source.finding(body, f"{declaration.type} cannot be deployed to a {own}")
        yield from self._object(body, given, self._schema.body)

    def _object(self, node: Node, given: Mapping[str | None, Node], type_: ObjectType) -> Iterator[Finding]:
        properties = dict(type_.properties)
        if type_.discriminator:
            chosen = given.get(type_.discriminator)
            value = string_value(chosen) if chosen is not None else None
            if value is None or value not in type_.variants:
                wanted = ", ".join(sorted(type_.variants))
                yield self._source.finding(
                    chosen or node, f"{type_.discriminator} is {value!r}, expected one of {wanted}"
                )
                return
            properties |= type_.variants[value].properties
        for key, value_node in given.items():
            if key in properties:
                yield from self._property(value_node, key, properties[key])
            elif type_.additional is not None:
                yield from self._value(value_node, str(key), Property(type_.additional))
            elif key is not None:
                yield self._source.finding(value_node, f"{self._schema.resource} has no property {key} here")
        for key, wanted_property in properties.items():
            if wanted_property.required and not wanted_property.read_only and key not in given:
                yield self._source.finding(node, f"{self._schema.resource} requires property {key} here")

    def _property(self, node: Node, key: str, property_: Property) -> Iterator[Finding]:
        if property_.read_only:
            yield self._source.finding(node, f"{key} of {self._schema.resource} is read-only")
        else:
            yield from self._value(node, key, property_)

    def _value(self, node: Node, key: str, property_: Property) -> Iterator[Finding]:
        match node.type:
            case "parenthesized_expression":
                yield from self._value(items(node)[0], key, property_)
            case "ternary_expression":
                for branch in items(node)[1:]:
                    yield from self._value(branch, key, property_)
            case "for_statement" | "if_statement":
                yield from self._value(items(node)[-1], key, Property(property_.type.removesuffix("[]")))
            case "identifier":
                yield from self._symbol(node, key, property_)
            case "call_expression" if called(node) == "union":
                yield from self._union(node, property_)
            case kind if kind in _KINDS:
                yield from self._literal(node, key, property_)

    def _symbol(self, node: Node, key: str, property_: Property) -> Iterator[Finding]:
        """Follow a variable to its value, and a parameter to its type and its @allowed."""
        symbol = self._source.by_name.get(text(node))
        if symbol is None:
            return
        if symbol.kind == "var" and symbol.value is not None:
            yield from self._value(symbol.value, key, property_)
        elif symbol.kind == "param":
            allowed = symbol.decorators.get("allowed")
            if allowed is not None:
                for choice in items(arguments(allowed)[0]):
                    yield from self._value(choice, key, property_)
            elif not self._fits(symbol.type.rstrip("?"), property_.type):
                yield self._source.finding(node, f"{key} takes {property_.type}, not {symbol.type}")

    def _union(self, node: Node, property_: Property) -> Iterator[Finding]:
        """Check the merged object: what is required may be in any part that is always there."""
        type_ = self._schema.types.get(property_.type)
        if type_ is None:
            return
        merged: dict[str | None, Node] = {}
        for part in arguments(node):
            for option in self._options(part):
                merged |= dict(pairs(option))
        yield from self._object(node, merged, type_)

    def _options(self, node: Node) -> Iterator[Node]:
        if node.type == "object":
            yield node
        elif node.type == "ternary_expression":
            for branch in items(node)[1:]:
                yield from self._options(branch)
        elif node.type == "identifier":
            symbol = self._source.by_name.get(text(node))
            if symbol is not None and symbol.kind == "var" and symbol.value is not None:
                yield from self._options(symbol.value)

    def _literal(self, node: Node, key: str, property_: Property) -> Iterator[Finding]:
        kind = _KINDS[node.type]
        if not self._fits(kind, property_.type):
            yield self._source.finding(node, f"{key} takes {property_.type}, not {kind}")
        elif kind == "object" and property_.type in self._schema.types:
            yield from self._object(node, dict(pairs(node)), self._schema.types[property_.type])
        elif kind == "array" and property_.type.endswith("[]"):
            for element in items(node):
                yield from self._value(element, key, Property(property_.type[:-2]))
        elif kind == "string":
            yield from self._string(node, key, property_)
        elif kind == "int":
            yield from self._limits(node, key, property_, int(text(node)))

    def _string(self, node: Node, key: str, property_: Property) -> Iterator[Finding]:
        value = string_value(node)
        if value is None:
            return
        choices = [choice for choice in property_.type.split(" | ") if choice not in ("string", "any")]
        # Where Microsoft lists values and `string`, the list is what is known today: a value beyond it is a mistake.
        if choices and value not in choices:
            yield self._source.finding(node, f"{key} is {value!r}, expected one of {', '.join(choices)}")
        yield from self._limits(node, key, property_, len(value), value)

    def _limits(self, node: Node, key: str, property_: Property, size: int, value: str = "") -> Iterator[Finding]:
        for name, number, pattern in _LIMIT.findall(property_.limits):
            if pattern and not re.search(pattern, value):
                yield self._source.finding(node, f"{key} does not match {pattern}")
            elif (name.startswith("min") and size < int(number)) or (name.startswith("max") and size > int(number)):
                yield self._source.finding(node, f"{key} breaks {name} {number}")

    def _fits(self, kind: str, type_: str) -> bool:
        """Tell whether a literal of this kind, or a parameter of this type, can be a value of a type."""
        if type_ == "any" or kind == "any":
            return True
        if type_.endswith("[]") or type_ == "array":
            return kind == "array" or kind.endswith("[]")
        if type_ in self._schema.types or type_ == "object":
            return kind == "object" or kind.startswith("{")
        return kind == (type_ if type_ in ("int", "bool") else "string")
