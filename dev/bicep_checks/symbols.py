"""Names within one file: every one used is declared, every one declared is used and described."""

from collections.abc import Iterator

from tree_sitter import Node

from dev.bicep_checks.syntax import Declaration, Finding, Source, arguments, string_value, text, walk

# Of Bicep's functions, those that these files may use: a longer list would only let more misspellings through.
FUNCTIONS = frozenset({
    "cidrSubnet", "concat", "dateTimeAdd", "dateTimeToEpoch", "empty", "environment", "guid", "items", "last",
    "loadJsonContent", "loadTextContent", "replace", "resourceGroup", "resourceId", "split", "string", "subscription",
    "subscriptionResourceId", "toObject", "trim", "union", "uniqueString", "utcNow", "readEnvironmentVariable",
})  # fmt: skip

# Parts of the tree whose identifiers are types, not values.
_TYPES = frozenset({"type", "decorators", "import_functionality", "metadata_declaration", "using_statement"})


def check(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with a file's names."""
    used: set[str] = set()
    for node, local in _references(source.root, frozenset()):
        name = text(node)
        used.add(name)
        if name not in local and name not in source.by_name and name not in source.imports:
            yield source.finding(node, f"undefined symbol {name}")
    for node in walk(source.root):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is not None and not _in_decorator(node) and text(function) not in FUNCTIONS:
            yield source.finding(node, f"unknown function {text(function)}")
    for declaration in source.declarations:
        yield from _declared(source, declaration, used)


def _declared(source: Source, declaration: Declaration, used: set[str]) -> Iterator[Finding]:
    exported = "export" in declaration.decorators
    if declaration.kind in ("param", "var") and declaration.name not in used and not exported:
        yield source.finding(declaration.node, f"{declaration.kind} {declaration.name} is not used")
    if declaration.kind not in ("param", "output"):
        return
    call = declaration.decorators.get("description")
    description = (string_value(arguments(call)[0]) if call else None) or ""
    if not description:
        yield source.finding(declaration.node, f"{declaration.kind} {declaration.name} has no description")
    elif declaration.kind == "param":
        kinds = ("Optional. ", "Conditional. ") if declaration.optional else ("Required. ",)
        if not description.startswith(kinds):
            wanted = " or ".join(kind.strip() for kind in kinds)
            yield source.finding(declaration.node, f"the description of {declaration.name} begins with {wanted}")


def _references(node: Node, local: frozenset[str]) -> Iterator[tuple[Node, frozenset[str]]]:
    """Yield identifiers that stand for a value, with the names that loops and lambdas define around them."""
    if node.type in _TYPES:
        return
    if node.type == "identifier":
        yield node, local
        return
    children = [child for child in node.named_children if child.type != "comment"]
    match node.type:
        case "object_property" if children[0].type == "identifier":
            children = children[1:]
        case "for_statement":
            head, collection, *rest = children
            yield from _references(collection, local)
            local, children = local | _loop_names(head), rest
        case "lambda_expression":
            local, children = local | {text(children[0])}, children[1:]
        case "call_expression":
            children = arguments(node)
        case kind if kind.endswith("_declaration"):
            children = children[1:]
    for child in children:
        yield from _references(child, local)


def _loop_names(head: Node) -> frozenset[str]:
    return frozenset(text(name) for name in (head.named_children or [head]))


def _in_decorator(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "decorator"
