"""What the documents name exists: files, headings, parameters and outputs of Bicep, targets of make, settings of CI."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
MAIN = (ROOT / "bicep" / "main.bicep").read_text(encoding="utf-8")

# Set by the text itself, by the shell, or by azd.
OTHER_VARIABLES = {"AZURE_SUBSCRIPTION_ID", "VAULT_ID"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def scripts(path: Path) -> Iterator[str]:
    """Yield the commands of the shell blocks, each on one line."""
    for block in re.findall(r"```bash\n(.*?)```", text(path), re.DOTALL):
        yield block.replace("\\\n", " ")


def deployments(path: Path) -> Iterator[list[str]]:
    for script in scripts(path):
        for line in script.splitlines():
            if line.startswith("az deployment") and "create" in line:
                yield shlex.split(line, comments=True)


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def parameters(template: Path) -> dict[str, bool]:
    """Return a template's parameters, and whether each must be given."""
    found = re.findall(r"^param (\w+) (.*)$", text(template), re.MULTILINE)
    return {name: "=" not in kind and not kind.strip().endswith("?") for name, kind in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    outside_code = re.sub(r"```.*?```", "", text(document), flags=re.DOTALL)
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", outside_code):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if re.match(r"https?:|mailto:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


def test_every_document_can_be_reached_from_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        document = todo.pop()
        if document in seen or document.suffix != ".md" or not document.is_file():
            continue
        seen.add(document)
        todo += [(document.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", text(document))]
    assert {named(path) for path in DOCUMENTS} - {named(path) for path in seen} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_deployment_gives_parameters_that_there_are_and_all_that_must_be(document: Path) -> None:
    for words in deployments(document):
        if "--template-file" not in words:
            (file,) = [word for word in words if word.endswith(".bicepparam")]
            assert (ROOT / file).is_file()
            continue
        template = ROOT / words[words.index("--template-file") + 1]
        given = {word.partition("=")[0] for word in words[words.index("--parameters") + 1 :] if "=" in word}
        known = parameters(template)
        assert given <= set(known), template.name
        assert {name for name, required in known.items() if required} <= given, template.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_variable_is_an_output_or_set_before(document: Path) -> None:
    outputs = set(re.findall(r"^output (\w+)", MAIN, re.MULTILINE))
    every = "\n".join(scripts(document))
    used = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", every))
    made = set(re.findall(r"(?:^|\s)([A-Z][A-Z_]*)=", every))
    if document.name == "deploy.md":
        assert outputs & used, "the outputs have been renamed"
    explained = set(re.findall(r"`\$(\w+)`", text(document)))
    in_readme = {"HOST", "CODE", "D", "ID"}  # README.md says what they are; the other documents go on from there
    assert used <= outputs | made | explained | in_readme | OTHER_VARIABLES | {"VERSION"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_target_of_make_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text(document), re.MULTILINE)) <= targets


def test_the_workflow_s_variables_are_set_by_the_guide() -> None:
    workflow = text(ROOT / ".github" / "workflows" / "deploy.yml")
    used = dict(re.findall(r"vars\.(\w+)( \|\|)?", workflow))
    required = {name for name, default in used.items() if not default} - {"ALERT_EMAIL_ADDRESSES"}
    assert required == set(re.findall(r"gh variable set (\w+)", text(ROOT / "docs" / "deploy.md")))


def test_the_workflow_hands_on_every_parameter_of_azd() -> None:
    asked = set(re.findall(r"\$\{(\w+)", text(ROOT / "bicep" / "main.parameters.json")))
    assert asked <= set(
        re.findall(r"^      (\w+): \$\{\{ vars", text(ROOT / ".github/workflows/deploy.yml"), re.MULTILINE)
    )


def test_no_workflow_uses_a_stored_secret_or_may_more_than_it_needs() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = text(path)
        assert "secrets." not in workflow
        assert re.search(r"^permissions:", workflow, re.MULTILINE), f"{path.name} takes the repository's default"
        assert set(re.findall(r": (write\S*)", workflow)) <= {"write"}
        assert set(re.findall(r"([\w-]+): write", workflow)) <= {"id-token"}
        assert all(re.fullmatch(r"[\w/-]+@v\d+", action) for action in re.findall(r"uses: (\S+)", workflow))


def test_ci_runs_on_what_is_supported() -> None:
    from dev.package.environment import PYTHONS

    workflow = text(ROOT / ".github" / "workflows" / "ci.yml")
    assert re.findall(r'"(3\.\d+)"', workflow) == list(PYTHONS)
    deployed = re.search(r"version: '(3\.\d+)'", text(ROOT / "bicep" / "modules" / "function-app.bicep"))
    assert deployed is not None
    assert deployed[1] in PYTHONS
    assert f"PYTHON=python{deployed[1]}" in text(ROOT / ".github" / "workflows" / "deploy.yml")
