"""Bicep files and their declarations, as tree-sitter reads them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))

_KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "type_declaration": "type",
    "user_defined_function": "func",
}


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is wrong, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Declaration:
    """One named thing that a file declares."""

    kind: str
    name: str
    node: Node
    decorators: dict[str, Node] = field(compare=False)
    """Calls such as `description('…')`, by function name."""

    @cached_property
    def _rest(self) -> list[Node]:
        return [child for child in self.node.named_children if child.type != "comment"][1:]

    @property
    def type(self) -> str:
        """The type of a parameter or output, as written; of a resource `type@version`; of a module its path."""
        return string_value(self._rest[0]) or text(self._rest[0])

    @property
    def value(self) -> Node | None:
        """The default of a parameter, or what is declared."""
        if self.kind == "var":
            return self._rest[0]
        return self._rest[1] if len(self._rest) > 1 else None

    @property
    def existing(self) -> bool:
        """Whether a resource is only referred to."""
        return any(child.type == "existing" for child in self.node.children)

    @property
    def body(self) -> Node | None:
        """The object of a resource or module, out of its loop and condition."""
        value = self.value
        while value is not None and value.type in ("for_statement", "if_statement"):
            value = value.named_children[-1]
        return value

    @property
    def optional(self) -> bool:
        """Whether a parameter may be left out."""
        return self.value is not None or self.type.endswith("?")


class Source:
    """One file, parsed."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        code = path.read_bytes()
        if path.suffix == ".bicepparam":
            # The grammar does not know assignments to parameters; it does know variables.
            code = b"\n".join(b"var  " + line[5:] if line.startswith(b"param") else line for line in code.split(b"\n"))
        self.root = _PARSER.parse(code).root_node
        self.declarations = list(_declarations(self.root))
        self.by_name = {item.name: item for item in self.declarations if item.kind != "output"}

    def of(self, *kinds: str) -> list[Declaration]:
        """Return the declarations of these kinds."""
        return [item for item in self.declarations if item.kind in kinds]

    @property
    def scope(self) -> str:
        """What the file is deployed to."""
        scopes = (string_value(node.named_children[0]) for node in self.root.named_children if is_scope(node))
        return next((scope for scope in scopes if scope), "resourceGroup")

    @cached_property
    def imports(self) -> dict[str, str]:
        """Imported names and the paths that they come from."""
        found: dict[str, str] = {}
        for node in self.root.named_children:
            if node.type == "import_functionality":
                *names, path = node.named_children
                found |= {text(name): string_value(path) or "" for name in names}
        return found

    def finding(self, node: Node, message: str) -> Finding:
        """Return a finding at a node."""
        return Finding(self.name, node.start_point[0] + 1, message)


def is_scope(node: Node) -> bool:
    """Tell whether a node is the assignment of targetScope."""
    return node.type == "target_scope_assignment"


def _declarations(root: Node) -> Iterator[Declaration]:
    decorators: dict[str, Node] = {}
    for node in root.named_children:
        if node.type == "decorators":
            calls = [decorator.named_children[0] for decorator in node.named_children if decorator.type == "decorator"]
            decorators = {text(call.named_children[0]): call for call in calls}
        elif node.type in _KINDS:
            yield Declaration(_KINDS[node.type], text(node.named_children[0]), node, decorators)
            decorators = {}


def text(node: Node) -> str:
    """Return a node's source."""
    return (node.text or b"").decode()


def string_value(node: Node) -> str | None:
    """Return the value of a string literal, or None for anything else, interpolated strings included."""
    if node.type != "string" or any(child.type == "interpolation" for child in node.named_children):
        return None
    return "".join(text(child) for child in node.named_children).replace("\\'", "'")


def pairs(node: Node) -> list[tuple[str | None, Node]]:
    """Return an object's properties; a key that is computed is None."""
    found = []
    for child in node.named_children:
        if child.type == "object_property":
            key, value = [part for part in child.named_children if part.type != "comment"][:2]
            found.append((text(key) if key.type == "identifier" else string_value(key), value))
    return found


def member(node: Node | None, *path: str) -> Node | None:
    """Follow property names through object literals."""
    for name in path:
        if node is None or node.type != "object":
            return None
        node = next((value for key, value in pairs(node) if key == name), None)
    return node


def items(node: Node) -> list[Node]:
    """Return the elements of an array literal."""
    return [child for child in node.named_children if child.type != "comment"]


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in node.named_children:
        yield from walk(child)


def called(node: Node) -> str | None:
    """Return the name of the function that a call names."""
    if node.type != "call_expression":
        return None
    function = node.child_by_field_name("function")
    return text(function) if function is not None else None


def arguments(node: Node) -> list[Node]:
    """Return the arguments of a call."""
    found = node.child_by_field_name("arguments")
    return items(found) if found is not None else []


def parse_errors(source: Source) -> list[Finding]:
    """Report what the grammar does not understand: nothing else is worth checking in such a file."""
    if not source.root.has_error:
        return []
    wrong = [node for node in _all(source.root) if node.is_error or node.is_missing]
    return [source.finding(node, f"cannot be parsed near {text(node)[:40]!r}") for node in wrong[:1] or [source.root]]


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)
