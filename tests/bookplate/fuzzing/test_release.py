"""Another release of schemathesis than those that were tried: what it lacks is said in one line."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import schemathesis
from packaging.specifiers import SpecifierSet

from bookplate.contract.document import Document
from bookplate.fuzzing import engine
from bookplate.fuzzing.evidence import Recorder
from bookplate.fuzzing.plan import FUZZ, Pass
from bookplate.fuzzing.release import is_tried
from bookplate.laws.catalogue import Catalogue
from bookplate.target.config import SetUpError

WITHOUT_A_NAME = """
import sys, types
sys.modules["schemathesis.engine.recorder"] = types.ModuleType("schemathesis.engine.recorder")
from bookplate.target.config import SetUpError
try:
    import bookplate.fuzzing.generator
except SetUpError as problem:
    print(problem)
"""


@pytest.mark.parametrize(
    ("release", "tried"),
    [("4.30.1", False), ("4.31.0", True), ("4.32.5", True), ("4.33.0", False), ("5.0.0", False)],
)
def test_the_range_that_was_tried_is_the_one_that_the_wheel_asks_for(release: str, tried: bool) -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = next(line for line in project["dependencies"] if line.startswith("schemathesis"))

    assert is_tried(release) is tried
    assert SpecifierSet(asked.removeprefix("schemathesis")).contains(release) is tried


def test_a_name_that_is_missing_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_NAME], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.startswith(f"schemathesis {schemathesis.__version__} is installed and lacks ")
    assert "cannot import name 'ScenarioRecorder'" in done.stdout
    assert done.stdout.endswith(": pip install 'schemathesis>=4.31,<4.33'\n")


def passed_where_something_is_missing(document: Document, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Run a pass on a release that lacks something, and return what was recorded."""

    def lacking(*_: object) -> None:
        raise AttributeError("'LoadedSchema' object has no attribute 'exclude'")

    monkeypatch.setattr(engine, "schema_of", lacking)
    tuning = engine.Tuning(document, "http://127.0.0.1:9", 1, 1, folder)
    recorder = Recorder(document, Catalogue.shipped(), {})
    every = frozenset(operation.id for operation in document.operations)
    engine.run_pass(tuning, Pass("any", FUZZ, every), recorder, lambda what, count: None)
    return recorder


def test_what_is_missing_later_is_one_line_where_the_release_is_another(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemathesis, "__version__", "9.9.9")

    with pytest.raises(SetUpError, match="has no attribute 'exclude'"):
        passed_where_something_is_missing(document, tmp_path, monkeypatch)


def test_what_is_missing_in_a_release_that_was_tried_leaves_operations_out_one_by_one(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = passed_where_something_is_missing(document, tmp_path, monkeypatch).result().problems

    assert problems.keys() == {operation.id for operation in document.operations}
    assert all("AttributeError: 'LoadedSchema' object has no attribute" in reason for reason in problems.values())
