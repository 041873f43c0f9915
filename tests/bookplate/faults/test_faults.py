"""The faults of the experiments are caught on the toy; those of the campaign take longer and run in `tox -e faults`."""

import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from bookplate.faults import matrix
from bookplate.faults.__main__ import feed, main
from bookplate.laws.catalogue import Catalogue
from tests.fakes import FOLDER

KEYS = Path("openapi/x-keys.schema.json")
RULES = ["SPEC-01", "PAGE-01", "AUTHZ-02", "COND-03"]

LAW = """
from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_creator
from bookplate.fixtures import Resources


@experiment("NOTE-0{number}", source="our handbook, chapter 3", applies=is_creator)
def test_is_shown(operation: Operation, resources: Resources) -> None:
    '''A note is shown after its creation.'''
    note = resources.plant(operation, resources.users.owner)

    expect.success(resources.at_location(note), after=[note.made])
"""
FAULT = """

@fault(test_is_shown, statuses=(200,))
def notes_are_lost(request, answer):
    '''A note is not found.'''
    if request.method == "GET":
        answer.become(404)
"""


def test_every_fault_of_these_rules_is_caught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Faults of extension keys are mistakes where the schema of these keys lies beside the document.
    for path in (FOLDER / "toy.toml", FOLDER / "toy.yaml", KEYS):
        shutil.copy(path, tmp_path)
    asked = [word for rule in RULES for word in ("--rule", rule)]

    assert main(["--target", "tests.fakes.toy:create_app", "--config", str(tmp_path / "toy.toml"), *asked]) == 0

    *lines, last = capsys.readouterr().out.splitlines()
    names = [fault.name for rule in RULES for fault in Catalogue.shipped()[rule].faults]
    assert sorted(line.split()[1] for line in lines) == sorted(names)
    assert last == f"{len(names)} of {len(names)} caught"


def test_faults_of_ones_own_laws_are_proved_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laws = [tmp_path / "ours", tmp_path / "theirs"]
    for folder in laws:
        folder.mkdir()
    (laws[0] / "note_01_is_shown.py").write_text(LAW.format(number=1) + FAULT, encoding="utf-8")
    (laws[1] / "note_02_is_shown.py").write_text(LAW.format(number=2), encoding="utf-8")
    target = ["--target", "tests.fakes.toy:create_app", "--config", str(FOLDER / "toy.toml"), "--jobs", "1"]
    folders = ["--laws", str(laws[0]), "--laws", str(laws[1])]

    assert main([*target, *folders, "--rule", "NOTE-01", "--rule", "NOTE-02"]) == 0

    proved, *rest = capsys.readouterr().out.splitlines()
    assert proved.split()[:3] == ["NOTE-01", "notes_are_lost", "caught"]
    assert rest == ["NOTE-02 has no fault: nothing shows that it can fail", "1 of 1 caught"]


@pytest.mark.nightly
def test_the_matrix_tells_which_other_laws_see_a_fault_and_is_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "OUTPUT", tmp_path / "matrix.json")
    target = ["--target", "tests.fakes.toy:create_app", "--config", str(FOLDER / "toy.toml"), "--jobs", "1"]

    assert main([*target, "--rule", "STATE-03", "--matrix"]) == 0
    rows = matrix.Record(tmp_path / "matrix.json").rows
    first = capsys.readouterr().out.splitlines()
    assert main([*target, "--rule", "STATE-03", "--matrix"]) == 0
    again = capsys.readouterr().out.splitlines()

    assert {row.outcome for row in rows.values()} == {"caught"}
    assert all(row.tried and set(row.seen_by) <= set(row.tried) for row in rows.values())
    assert any(row.seen_by for row in rows.values())
    assert len(first) == len(rows) + 1
    assert again == first[-1:]


def test_an_unknown_rule_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rule", "PAGE-99"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


class Contended(queue.SimpleQueue[str]):
    """A queue whose last item is always taken by another between the look and the grasp."""

    def empty(self) -> bool:
        return False


def fed(workers: int, *units: str) -> list[str | None]:
    """Return what comes of units and so many workers that answer each line with itself and `done`, or die of `die`."""
    script = 'while read -r unit; do [ "$unit" = die ] && exit; echo "$unit"; echo done; done'
    left, lines = Contended(), queue.SimpleQueue[Any]()
    for unit in units:
        left.put(unit)
    started = [
        subprocess.Popen(["sh", "-c", script], stdin=-1, stdout=-1, text=True, bufsize=1) for _ in range(workers)
    ]
    threads = [threading.Thread(target=feed, args=(worker, left, lines), daemon=True) for worker in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert [worker.wait(20) for worker in started] == [0] * workers
    return [lines.get() for _ in range(lines.qsize())]


def test_more_workers_than_units_all_end() -> None:
    told = fed(8, "PAGE-01", "PAGE-02")

    assert sorted(filter(None, told)) == ["PAGE-01", "PAGE-02"]
    assert told.count(None) == 8


def test_a_worker_that_dies_leaves_the_rest_to_the_others() -> None:
    assert fed(1, "PAGE-01", "die", "PAGE-02") == ["PAGE-01", None]
