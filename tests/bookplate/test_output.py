"""A run writes below its output folder and nowhere else, keeps it for itself, and says what it found when interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.output import kept
from bookplate.target.config import SetUpError
from tests.fakes.kiosk import DOCUMENT, kiosk

from . import command

CLONE = Path(__file__).parents[2]


def typed(url: str, document: Path, output: Path, *arguments: str) -> list[str]:
    words = [sys.executable, "-m", "bookplate", url, "--document", str(document), "--output", str(output)]
    return [*words, *arguments]


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(name="document")
def _document(tmp_path: Path) -> Path:
    path = tmp_path / "stamps.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return path


@pytest.fixture(name="elsewhere")
def _elsewhere(tmp_path: Path) -> Path:
    """A folder that a run is started in and may not write to."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_a_run_writes_below_its_output_alone(tmp_path: Path, document: Path, elsewhere: Path) -> None:
    output = tmp_path / "deep" / "out"
    environment = {**os.environ, "PYTHONPATH": str(CLONE)}
    with kiosk() as service:
        arguments = typed(
            service.url, document, output, "--rule", "SCHEMA-01", "--operation", "list_stamps", "--max-examples", "2"
        )
        elsewhere.chmod(0o555)
        done = subprocess.run(arguments, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
        elsewhere.chmod(0o755)

    assert done.returncode == 0, done.stderr
    assert written(elsewhere) == set()
    assert (output / "report.json").is_file()


@pytest.mark.parametrize("place", ["/proc/nowhere", "file/below"])
def test_a_folder_that_cannot_be_written_is_told_before_the_run(
    place: str, tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with kiosk() as service:
        code = main([service.url, "--document", str(document), "--output", str(tmp_path / place)])

        assert service.sent == []
    told = capsys.readouterr().err
    assert (code, told.count("\n")) == (2, 1)
    assert "cannot be written to" in told
    assert "--output" in told


def test_two_runs_do_not_meet(tmp_path: Path) -> None:
    with kept(tmp_path / "out"), pytest.raises(SetUpError, match="another run writes to"), kept(tmp_path / "out"):
        pytest.fail("both got the folder")


def test_a_folder_is_free_again_after_a_run_that_failed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), kept(tmp_path):
        raise RuntimeError

    with kept(tmp_path):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports_what_it_found(number: signal.Signals, tmp_path: Path, document: Path) -> None:
    output = tmp_path / "out"
    with kiosk() as service:
        arguments = typed(service.url, document, output, "--rate-limit", "10/s")
        run = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while len(service.sent) < 12 and time.monotonic() < deadline:
            time.sleep(0.05)

        run.send_signal(number)
        _, told = run.communicate(timeout=60)

    report = command.read_report(output)
    assert run.returncode == 130
    assert (report["verdict"], report["exit_code"]) == ("interrupted", 130)
    assert report["findings"]
    assert told.splitlines() == ["bookplate: interrupted: the reports say what was found by then"]
