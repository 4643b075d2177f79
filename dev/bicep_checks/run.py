"""Runs every check over a folder of Bicep files."""

from collections.abc import Iterator
from pathlib import Path

from dev.bicep_checks import modules, policy, resources, roles, schemas, start, symbols
from dev.bicep_checks.syntax import Finding, Source, parse_errors

ROOT = Path(__file__).parents[2] / "bicep"


def read_sources(root: Path) -> dict[Path, Source]:
    """Parse every template below a folder."""
    paths = sorted(root.rglob("*.bicep"))
    return {path.resolve(): Source(path, str(path.relative_to(root.parent))) for path in paths}


def check(root: Path = ROOT) -> list[Finding]:
    """Return everything that is wrong, or what cannot be parsed if there is any."""
    sources = read_sources(root)
    parameter_files = [Source(path, str(path.relative_to(root.parent))) for path in sorted(root.rglob("*.bicepparam"))]
    broken = [finding for source in [*sources.values(), *parameter_files] for finding in parse_errors(source)]
    return sorted(broken or [*_check(root, sources), *_check_parameters(root, sources, parameter_files)])


def _check(root: Path, sources: dict[Path, Source]) -> Iterator[Finding]:
    known = schemas.load()
    for source in sources.values():
        yield from symbols.check(source)
        yield from modules.check(source, sources)
        yield from start.check(source)
        yield from resources.check(source, known)
        yield from policy.check(source, known)
        yield from roles.check(source)
    yield from roles.check_role_ids(sources[(root / "modules" / "role-ids.bicep").resolve()])


def _check_parameters(root: Path, sources: dict[Path, Source], files: list[Source]) -> Iterator[Finding]:
    for source in files:
        yield from modules.check_parameter_file(source, sources)
    main = sources[(root / "main.bicep").resolve()]
    yield from modules.check_azd_parameters(root / "main.parameters.json", "bicep/main.parameters.json", main)
