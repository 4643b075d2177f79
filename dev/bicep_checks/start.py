"""What Azure must know when a deployment starts: names, scopes, conditions and the lengths of loops.

Outputs of modules and properties of resources are known later, so the compiler refuses them there.
"""

from collections.abc import Iterator

from tree_sitter import Node

from dev.bicep_checks.syntax import Declaration, Finding, Source, member, text, walk

_KNOWN_OF_A_RESOURCE = frozenset({"id", "name", "type", "apiVersion"})


def check(source: Source) -> Iterator[Finding]:
    """Yield expressions that are needed at the start and known only later."""
    for declaration in source.of("resource", "module"):
        for what, node in _needed(declaration):
            late = _late(source, node, frozenset())
            if late is not None:
                yield source.finding(node, f"the {what} of {declaration.name} is needed before {text(late)} is known")
    for declaration in source.of("var"):
        value = declaration.value
        late = _late(source, value, frozenset()) if value is not None and value.type == "for_statement" else None
        if late is not None:
            yield source.finding(declaration.node, f"loop {declaration.name} is needed before {text(late)} is known")


def _needed(declaration: Declaration) -> Iterator[tuple[str, Node]]:
    value = declaration.value
    while value is not None and value.type in ("for_statement", "if_statement"):
        if value.type == "for_statement":
            yield "loop", [child for child in value.named_children if child.type != "comment"][1]
        else:
            yield "condition", value.named_children[0]
        value = value.named_children[-1]
    for name in ("name", "scope"):
        node = member(value, name)
        if node is not None:
            yield name, node
    for node in walk(value) if value is not None else ():
        # Loops inside a body become copy loops, whose length is fixed at the start as well.
        if node.type == "for_statement":
            yield "inner loop", node.named_children[1]


def _late(source: Source, node: Node, seen: frozenset[str]) -> Node | None:
    """Return the first part of an expression that is known late, following variables."""
    for part in walk(node):
        if part.type == "member_expression":
            base, property_ = part.child_by_field_name("object"), part.child_by_field_name("property")
            symbol = source.by_name.get(text(base).rstrip("!")) if base is not None else None
            if symbol is not None and property_ is not None and _is_late(symbol, text(property_)):
                return part
        elif part.type == "identifier" and text(part) not in seen:
            variable = source.by_name.get(text(part))
            if variable is not None and variable.kind == "var" and variable.value is not None:
                late = _late(source, variable.value, seen | {variable.name})
                if late is not None:
                    return late
    return None


def _is_late(symbol: Declaration, property_: str) -> bool:
    if symbol.kind == "module":
        return property_ == "outputs"
    return symbol.kind == "resource" and property_ not in _KNOWN_OF_A_RESOURCE
