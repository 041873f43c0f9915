"""What contract_tests/README.md and ARCHITECTURE.md say is so: the fixtures, the example law, the rooms."""

import inspect
import json
import re
from pathlib import Path
from typing import get_type_hints

import pytest
from _pytest.fixtures import FixtureFunctionDefinition

from bookplate import pytest_fixtures
from bookplate.cli import main
from tests.fakes import FOLDER

ROOT = Path(__file__).parents[2]
README = (ROOT / "contract_tests/README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "bookplate/ARCHITECTURE.md").read_text(encoding="utf-8")


def fixture_rows() -> list[str]:
    """Return a row for each fixture: its name, its type and the first line of its docstring."""
    rows = []
    for definition in vars(pytest_fixtures).values():
        if isinstance(definition, FixtureFunctionDefinition):
            function = definition._get_wrapped_function()
            kind = get_type_hints(function)["return"].__name__
            told = (inspect.getdoc(function) or "").partition("\n")[0]
            rows.append(f"| `{definition.name}` | `{kind}` | {told} |")
    return rows


def test_the_readme_lists_every_fixture() -> None:
    table = README.partition("## Fixtures")[2].partition("## Add a law")[0]

    assert [line for line in table.splitlines() if line.startswith("| `")] == fixture_rows()


@pytest.fixture(name="example")
def _example(tmp_path: Path) -> Path:
    """The law of the readme, in a file with the name that the readme gives it."""
    found = re.search(r"as the file `(demo/\w+\.py)`:\n\n```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    file = tmp_path / "laws" / found[1]
    file.parent.mkdir(parents=True)
    file.write_text(found[2], encoding="utf-8")
    return file


def check(example: Path, target: str) -> list[str]:
    """Return the verdicts of the example law on a target."""
    output = example.parents[2] / "out"
    options = ["--config", str(FOLDER / "toy.toml"), "--laws", str(example.parents[1]), "--output", str(output)]
    main([target, "--rule", "DEMO-01", *options])
    findings = json.loads((output / "report.json").read_text(encoding="utf-8"))["findings"]
    return [finding["verdict"] for finding in findings]


def test_the_law_of_the_readme_holds(example: Path) -> None:
    assert check(example, "tests.fakes.toy:create_app") == ["passed"]


def test_the_law_of_the_readme_finds_its_fault(example: Path, tmp_path: Path) -> None:
    order = tmp_path / "order"
    order.write_text(f"1 {example}::location_leads_to_nothing", encoding="utf-8")
    command = f"{{python}} -m bookplate.faults.serve tests.fakes.toy:create_app --port {{port}} --order {order}"

    assert check(example, command) == ["failed"]


def test_every_room_of_the_engine_is_on_its_page() -> None:
    here = {path.name + "/" for path in (ROOT / "bookplate").iterdir() if (path / "__init__.py").exists()}
    here |= {path.name for path in (ROOT / "bookplate").glob("*.py")} - {"__init__.py"}
    first_cells = re.findall(r"^\| (`.*?) \|", ARCHITECTURE, re.MULTILINE)

    assert {name for cell in first_cells for name in re.findall(r"`(.*?)`", cell)} == here


@pytest.mark.parametrize("text", [README, ARCHITECTURE], ids=["README", "ARCHITECTURE"])
def test_every_link_of_the_page_leads_to_a_file(text: str) -> None:
    folder = ROOT / ("contract_tests" if text is README else "bookplate")

    assert [link for link in re.findall(r"\]\(([^)#]+)", text) if not (folder / link).exists()] == []
