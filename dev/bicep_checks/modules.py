"""Names across files: modules, their parameters and outputs, imports, loaded files, parameter files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tree_sitter import Node

from dev.bicep_checks.syntax import Declaration, Finding, Source, arguments, called, member, pairs, string_value, text
from dev.bicep_checks.syntax import walk as nodes

Sources = Mapping[Path, Source]


def check(source: Source, sources: Sources) -> Iterator[Finding]:
    """Yield references from this file to other files that lead nowhere."""
    for module in source.of("module"):
        target = sources.get((source.path.parent / module.type).resolve())
        if target is None:
            yield source.finding(module.node, f"module {module.type} does not exist")
        else:
            yield from _call(source, module, target)
    for name, path in source.imports.items():
        imported = sources.get((source.path.parent / path).resolve())
        found = imported.by_name.get(name) if imported else None
        if found is None or "export" not in found.decorators:
            yield source.finding(source.root, f"{path} does not export {name}")
    for node in nodes(source.root):
        if called(node) in ("loadTextContent", "loadJsonContent"):
            path = string_value(arguments(node)[0]) or ""
            if not (source.path.parent / path).is_file():
                yield source.finding(node, f"{path} does not exist")
        yield from _output_reference(source, node, sources)


def _call(source: Source, module: Declaration, target: Source) -> Iterator[Finding]:
    body = module.body
    if body is None or member(body, "name") is None:
        yield source.finding(module.node, f"module {module.name} has no name")
    given = member(body, "params")
    yield from _parameters(source, given or module.node, dict(pairs(given)) if given else {}, target)
    if target.scope != source.scope and member(body, "scope") is None:
        yield source.finding(module.node, f"module {module.name} needs a scope: it is deployed to a {target.scope}")


def _parameters(
    source: Source, where: Node, given: Mapping[str | None, Node | None], target: Source
) -> Iterator[Finding]:
    wanted = {item.name: item for item in target.of("param")}
    for name, value in given.items():
        if name not in wanted:
            yield source.finding(value or where, f"{target.name} has no parameter {name}")
        else:
            yield from _argument(source, value, wanted[name], target)
    for name, parameter in wanted.items():
        if name not in given and not parameter.optional:
            yield source.finding(where, f"{target.name} requires parameter {name}")


def _argument(source: Source, value: Node | None, parameter: Declaration, target: Source) -> Iterator[Finding]:
    """Compare literals with the parameter's type and its @allowed."""
    if value is None:
        return
    shapes = {"string": "string", "number": "int", "boolean": "bool", "object": "object", "array": "array"}
    shape, type_ = shapes.get(value.type), parameter.type.rstrip("?")
    if type_.endswith("[]"):
        type_ = "array"
    elif type_.startswith("{"):
        yield from _typed_object(source, value, parameter, target)
        type_ = "object"
    if shape is not None and shape != type_:
        yield source.finding(value, f"{parameter.name} is {type_}, not {shape}")
    allowed = parameter.decorators.get("allowed")
    literal = string_value(value)
    if allowed is not None and literal is not None:
        values = [string_value(choice) for choice in arguments(allowed)[0].named_children]
        if literal not in values:
            yield source.finding(value, f"{parameter.name} may not be {literal!r}")


def _typed_object(source: Source, value: Node, parameter: Declaration, target: Source) -> Iterator[Finding]:
    if value.type == "identifier" and text(value) in source.by_name:
        value = source.by_name[text(value)].value or value
    if value.type != "object":
        return
    type_node = next(node for node in nodes(parameter.node) if node.type == "object")
    wanted, given = {key for key, _ in pairs(type_node)}, {key for key, _ in pairs(value)}
    for name in sorted(map(str, wanted ^ given)):
        problem = "misses" if name in wanted else "has no"
        yield source.finding(value, f"{parameter.name} of {target.name} {problem} property {name}")


def _output_reference(source: Source, node: Node, sources: Sources) -> Iterator[Finding]:
    """Check `module.outputs.name`."""
    inner = node.child_by_field_name("object") if node.type == "member_expression" else None
    if inner is None or inner.type != "member_expression":
        return
    words = text(node).replace("!", "").replace("?", "").split(".")
    module = source.by_name.get(words[0])
    if module is None or module.kind != "module" or len(words) != 3 or words[1] != "outputs":
        return
    target = sources.get((source.path.parent / module.type).resolve())
    if target is not None and words[2] not in {item.name for item in target.of("output")}:
        yield source.finding(node, f"{target.name} has no output {words[2]}")


def check_parameter_file(source: Source, sources: Sources) -> Iterator[Finding]:
    """Check a .bicepparam file against the template that it names."""
    using = next((node for node in source.root.named_children if node.type == "using_statement"), None)
    path = (string_value(using.named_children[0]) if using else None) or ""
    target = sources.get((source.path.parent / path).resolve())
    if target is None:
        yield source.finding(source.root, f"uses {path or 'nothing'}, which does not exist")
        return
    yield from _parameters(source, source.root, {item.name: item.value for item in source.of("var")}, target)


def check_azd_parameters(path: Path, name: str, target: Source) -> Iterator[Finding]:
    """Check azd's parameter file against main.bicep."""
    given = json.loads(path.read_text(encoding="utf-8"))["parameters"]
    for finding in _parameters(target, target.root, dict.fromkeys(given), target):
        yield Finding(name, 1, finding.text)
