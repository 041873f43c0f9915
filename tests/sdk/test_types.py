"""The clients pass the strict checkers, and the checkers refuse wrong calls with exactly the expected codes."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from sdk.generate import BUILD, NODE, PYTHON_PACKAGE, ROOT, SdkError, run
from tests.sdk.conftest import CHECKS, documented_examples, mypy

WRONG_PYTHON = ROOT / "tests" / "sdk" / "wrong_types.py"
# (line, code): where each language's checker names them.
MYPY = re.compile(r"wrong_types\.py:(\d+): error: .*\[([\w-]+)\]$", re.MULTILINE)
TSC = re.compile(r"wrong_types\.ts\((\d+),\d+\): error (TS\d+):", re.MULTILINE)


def test_the_python_client_its_examples_and_its_tests_pass_mypy() -> None:
    written = [path for folder in ("sdk", "tests/sdk") for path in (ROOT / folder).rglob("*.py")]
    ours = [str(path) for path in written if path != WRONG_PYTHON]
    for number, example in enumerate(documented_examples("python")):
        file = BUILD / f"documented_{number}.py"
        file.write_text(example, encoding="utf-8")
        ours.append(str(file))
    mypy(str(BUILD / "python" / PYTHON_PACKAGE), *ours)


@pytest.mark.usefixtures("compiled_typescript")
def test_the_tests_of_the_typescript_client_pass_tsc() -> None:
    assert (CHECKS / "js" / "scenario.test.js").is_file()


def test_mypy_refuses_wrong_calls() -> None:
    with pytest.raises(SdkError) as refusal:
        mypy(str(WRONG_PYTHON))
    assert errors(MYPY, str(refusal.value)) == expected(WRONG_PYTHON)


@pytest.mark.usefixtures("compiled_typescript")
def test_tsc_refuses_wrong_calls() -> None:
    with pytest.raises(SdkError) as refusal:
        run("node", "node_modules/typescript/bin/tsc", "--project", "checks/tsconfig.wrong.json", folder=NODE)
    assert errors(TSC, str(refusal.value)) == expected(CHECKS / "wrong_types.ts")


def errors(pattern: "re.Pattern[str]", output: str) -> list[tuple[int, str]]:
    return sorted((int(line), code) for line, code in pattern.findall(output))


def expected(file: Path) -> list[tuple[int, str]]:
    """Return what the comments `refused: CODE` at the line ends of a file ask for."""
    return sorted(_expectations(file.read_text(encoding="utf-8").splitlines()))


def _expectations(lines: Iterable[str]) -> Iterable[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if found := re.search(r"refused: ([\w-]+)$", line):
            yield number, found[1]
