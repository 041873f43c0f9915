"""What the READMEs and ARCHITECTURE.md say is so: a failure, the fixtures, the example law, the rooms."""

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
FRONT_PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
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
    table = README.partition("## Fixtures")[2].partition("## What a law calls")[0]

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


def test_the_failure_of_the_front_page_is_what_the_terminal_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(
        r"^```\n(FAILED.*?)\n\nnot conformant: 2 failures, 1 cause.*?```$", FRONT_PAGE, re.MULTILINE | re.DOTALL
    )
    assert found is not None
    # What is cut ends with dots; the folder is another one, and the tag is made anew.
    lines = [re.sub(r" *\.\.\.\)?$", "", line) for line in re.sub(r"\\\n +", "", found[1]).splitlines()]
    monkeypatch.chdir(ROOT)

    target = ["tests.fakes.bad_targets:without_owner_check", "--config", "tests/fakes/toy.toml"]
    code = main([*target, "--rule", "AUTHZ-02", "--output", str(tmp_path)])

    shown = capsys.readouterr().out.replace(str(tmp_path), "build/contract").replace(" --output build/contract", "")
    assert (code, [line for line in lines if line not in shown]) == (1, [])
    assert "not conformant: 2 failures, 1 cause;" in shown


def test_every_room_of_the_engine_is_on_its_page() -> None:
    here = {path.name + "/" for path in (ROOT / "bookplate").iterdir() if (path / "__init__.py").exists()}
    here |= {path.name for path in (ROOT / "bookplate").glob("*.py")} - {"__init__.py"}
    first_cells = re.findall(r"^\| (`.*?) \|", ARCHITECTURE, re.MULTILINE)

    assert {name for cell in first_cells for name in re.findall(r"`(.*?)`", cell)} == here


@pytest.mark.parametrize("text", [README, ARCHITECTURE], ids=["README", "ARCHITECTURE"])
def test_every_link_of_the_page_leads_to_a_file(text: str) -> None:
    folder = ROOT / ("contract_tests" if text is README else "bookplate")

    assert [link for link in re.findall(r"\]\(([^)#]+)", text) if not (folder / link).exists()] == []
