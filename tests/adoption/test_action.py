"""action.yml does what it says: its scripts are run as a runner of GitHub runs them, against services of tests/fakes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from bookplate.contract.document import Document
from tests.adoption.composite import EXPRESSION, Job
from tests.bookplate.installed import ROOT, build_wheel, install_wheel, make_environment, running
from tests.fakes import FOLDER

ACTION = ROOT / "action.yml"
FEW_LAWS = "--rule\nAUTHZ-01\n--operation\nget_note\n"


@pytest.fixture(name="document", scope="module")
def _document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy's document with limits that no run meets."""
    path = tmp_path_factory.mktemp("document") / "notes.yaml"
    path.write_text(yaml.safe_dump(Document.load(FOLDER / "toy.yaml").relaxed()), encoding="utf-8")
    return path


@pytest.fixture(name="runner", scope="module")
def _runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the step `install` leaves, without a download: the wheel beside the packages of this run."""
    folder = tmp_path_factory.mktemp("runner")
    make_environment(folder / "bookplate")
    install_wheel(build_wheel(folder), folder / "bookplate")
    return folder


@pytest.fixture(name="honest", scope="module")
def _honest(document: Path) -> Iterator[str]:
    with running("tests.fakes.toy:create_app", document) as url:
        yield url


@pytest.fixture(name="broken", scope="module")
def _broken(document: Path) -> Iterator[str]:
    with running("tests.fakes.bad_targets:without_owner_check", document) as url:
        yield url


def job_with(runner: Path, folder: Path, document: Path, inputs: Mapping[str, str]) -> Job:
    """Return a job whose workspace has the document, in which Bookplate is installed."""
    job = Job(ACTION, folder, {f"inputs.{name}": value for name, value in inputs.items()})
    (job.runner / "bookplate").symlink_to(runner / "bookplate", target_is_directory=True)
    (job.workspace / "openapi.yaml").write_text(document.read_text(encoding="utf-8"), encoding="utf-8")
    return job


@pytest.mark.wheel
@pytest.mark.long
def test_a_service_that_keeps_its_document_passes(runner: Path, honest: str, document: Path, tmp_path: Path) -> None:
    job = job_with(
        runner, tmp_path, document, {"target": honest, "document": "openapi.yaml", "options": FEW_LAWS, "fast": "true"}
    )

    done = job.run("check")

    assert (done.code, done.outputs) == (0, {"exit-code": "0"}), done.said
    assert "::error" not in done.said
    assert "passed" in done.summary
    report = json.loads((job.workspace / "build/contract/report.json").read_text(encoding="utf-8"))
    assert {finding["verdict"] for finding in report["findings"]} == {"passed"}


@pytest.mark.wheel
@pytest.mark.long
def test_a_service_that_breaks_it_fails_the_step(runner: Path, broken: str, document: Path, tmp_path: Path) -> None:
    job = job_with(runner, tmp_path, document, {"target": broken, "document": "openapi.yaml", "options": FEW_LAWS})

    done = job.run("check")

    assert (done.code, done.outputs) == (1, {"exit-code": "1"}), done.said
    [annotation] = re.findall(r"^::(?:error|warning) .*$", done.said, re.MULTILINE)
    assert annotation.startswith("::error file=openapi.yaml,line=")
    assert "title=AUTHZ-01 get_note::security: " in annotation
    assert "AUTHZ-01" in done.summary
    assert "again     bookplate check " in done.said


@pytest.mark.wheel
@pytest.mark.long
def test_annotations_name_files_of_the_workspace_also_where_the_check_runs_below_it(
    runner: Path, broken: str, document: Path, tmp_path: Path
) -> None:
    inputs = {"target": broken, "document": "openapi.yaml", "options": FEW_LAWS, "working-directory": "services/notes"}
    job = job_with(runner, tmp_path, document, inputs)
    (job.workspace / "services/notes").mkdir(parents=True)
    (job.workspace / "openapi.yaml").rename(job.workspace / "services/notes/openapi.yaml")

    done = job.run("check")

    assert "::error file=services/notes/openapi.yaml,line=" in done.said
    assert (job.workspace / "services/notes/build/contract/report.md").is_file()


@pytest.mark.wheel
@pytest.mark.long
@pytest.mark.parametrize(("allowed", "code"), [("false", 3), ("true", 0)])
def test_what_could_not_be_checked_fails_the_step_unless_it_is_allowed(
    runner: Path, honest: str, document: Path, tmp_path: Path, allowed: str, code: int
) -> None:
    inputs = {
        "target": honest,
        "document": "openapi.yaml",
        # Nobody can be signed up without a request that writes.
        "options": f"{FEW_LAWS}--read-only",
        "allow-unchecked": allowed,
    }

    done = job_with(runner, tmp_path, document, inputs).run("check")

    assert (done.code, done.outputs) == (code, {"exit-code": "3"}), done.said


@pytest.mark.wheel
@pytest.mark.long
@pytest.mark.parametrize("allowed", ["false", "true"])
def test_a_target_that_is_not_there_fails_the_step(runner: Path, document: Path, tmp_path: Path, allowed: str) -> None:
    inputs = {"target": "http://127.0.0.1:9", "document": "openapi.yaml", "allow-unchecked": allowed}

    done = job_with(runner, tmp_path, document, inputs).run("check")

    assert (done.code, done.outputs) == (2, {"exit-code": "2"})
    assert "nothing answers at http://127.0.0.1:9" in done.said


@pytest.mark.parametrize("name", ["target", "document", "config", "options", "fast", "allow-unchecked", "output"])
def test_no_input_is_run_by_the_shell(tmp_path: Path, name: str) -> None:
    """A program in place of bookplate shows which words it was given: each input stays one word, whatever it has."""
    hostile = "a b $(touch ran) `touch ran` ; touch ran \" ' && touch ran"
    job = Job(ACTION, tmp_path, {"inputs.target": "http://127.0.0.1:9", f"inputs.{name}": hostile})
    program = job.runner / "bookplate/bin/bookplate"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    done = job.run("check")

    words = done.said.splitlines()
    assert words[0] == "check"
    shown = {"options": hostile, "fast": None, "allow-unchecked": None}.get(name, f"--{name}={hostile}")
    assert shown is None or shown in words
    assert not (job.workspace / "ran").exists()


@pytest.mark.nightly  # downloads what requirements/bookplate.txt names
@pytest.mark.wheel
def test_it_installs_itself(tmp_path: Path) -> None:
    job = Job(ACTION, tmp_path, {"steps.python.outputs.python-path": sys.executable})

    done = job.run("install")

    if done.code and re.search(r"No matching distribution|Connection", done.said):
        pytest.skip(f"NOT INSTALLED, pip gets no packages: {done.said.strip().splitlines()[-1]}")
    assert done.code == 0, done.said
    program = job.runner / "bookplate/bin/bookplate"
    version = subprocess.run([program, "--version"], cwd=job.workspace, capture_output=True, text=True, check=True)
    assert version.stdout.startswith("bookplate ")


def test_scripts_have_no_expressions() -> None:
    """What stands in a script by `${{ }}` is run as a part of it; inputs come through the environment."""
    scripts = [
        step["run"] for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"] if "run" in step
    ]

    assert len(scripts) == 2
    assert [script for script in scripts if EXPRESSION.search(script)] == []


def test_every_expression_names_what_is_there() -> None:
    text = ACTION.read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    steps = {step["id"] for step in action["runs"]["steps"] if "id" in step}

    named = EXPRESSION.findall(text)
    assert {name.split(".")[1] for name in named if name.startswith("inputs.")} == {*action["inputs"]}
    assert {name.split(".")[1] for name in named if name.startswith("steps.")} <= steps


def test_the_artefact_has_no_passwords() -> None:
    [upload] = [
        step
        for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    ]

    assert upload["if"] == "always() && inputs.artifact != ''"
    assert upload["with"]["path"].splitlines()[1].endswith("/**/accounts.jsonl")
    assert upload["with"]["path"].splitlines()[1].startswith("!")
