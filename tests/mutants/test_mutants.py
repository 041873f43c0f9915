"""A mutant takes the place of a module without a change of its file, ends in any case, and is counted as what it was."""

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bookplate.contract.document import Document

from .forked import Forked
from .judge import FOLDERS, without_folders
from .page import FIGURE, figure
from .record import EQUIVALENT, MOST_EQUIVALENT, SURVIVORS, Plays, Row, equivalent, read_table, recorded, wilson
from .serve import NO_OPERATION, ROOT, Counting, OneModule


def row(name: str = "impl/a.py:1:0 number 1", **what: str) -> Row:
    return Row(name, "a = 1", "a = 2", outcome=what.get("outcome", "survived"), phase=what.get("phase", "laws"))


def test_one_module_has_another_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The named module is loaded from the text, and its file stays as it is."""
    name = "tests.fakes"
    before = Path(importlib.import_module(name).__file__ or "").read_bytes()
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [OneModule(name, "CHANGED = True"), *sys.meta_path])
    module = importlib.import_module(name)
    assert module.CHANGED
    assert Path(module.__file__ or "").read_bytes() == before


def test_an_endless_mutant_ends_with_its_player(tmp_path: Path) -> None:
    """A server that hangs while it starts is gone when the process is killed that has started it."""
    mutant = tmp_path / "mutant.json"
    mutant.write_text(json.dumps({"module": "impl", "text": "while True: pass"}), encoding="utf-8")
    server = [sys.executable, "-m", "tests.mutants.serve", "--port", "9", "--mutant", str(mutant)]
    player = (
        "import subprocess, sys, time\n"
        f"server = subprocess.Popen({server!r}, start_new_session=True)\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", player], stdout=-1, text=True, cwd=ROOT)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    wait_until(lambda: b"--mutant" in command_line(pid) and is_limited(pid))
    process.kill()
    process.communicate()
    wait_until(lambda: not command_line(pid))


def test_a_forked_server_is_asked_as_any_process() -> None:
    """An instance hears how its server ended, and waits no longer than it wants to."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"], stdin=-1)
    server = Forked(process.pid)
    assert server.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        server.wait(0.01)
    assert process.stdin is not None
    process.stdin.close()
    assert server.wait(60) == 3
    process.wait()


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_limited(pid: int) -> bool:
    """Tell whether a server has set the limits by which it ends."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8")
    return any("unlimited" not in line for line in limits.splitlines() if line.startswith("Max cpu time"))


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        os.sched_yield()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/books", "list_books"),
        ("HEAD", "/books/7", "get_book"),
        ("OPTIONS", "/books", "create_book"),
        ("GET", "/nowhere", NO_OPERATION),
        ("DELETE", "/books", NO_OPERATION),
    ],
)
def test_lines_are_counted_for_the_operation_of_a_request(method: str, path: str, expected: str) -> None:
    """HEAD counts for GET, and a question before a request for what it asks about."""
    document = Document.load(ROOT / "openapi" / "openapi.yaml")
    counting = Counting(None, None, document, lambda: None)
    headers = [(b"access-control-request-method", b"POST")] if method == "OPTIONS" else []
    assert counting.operation_of({"method": method, "path": document.base_path + path, "headers": headers}) == expected


def test_plays_go_on_where_they_ended(tmp_path: Path) -> None:
    """What was played is there again; what was played of other code is not."""
    plays = Plays(tmp_path / "plays.json")
    plays.add(row(outcome="killed"))
    again = Plays(tmp_path / "plays.json")
    assert again.of("impl/a.py:1:0 number 1", "a = 2") == row(outcome="killed")
    assert again.of("impl/a.py:1:0 number 1", "a = 3") is None


@pytest.mark.parametrize(
    ("outcome", "phase", "is_killed", "is_decided"),
    [
        ("killed", "laws", True, True),
        ("not served", "laws", True, True),
        ("survived", "laws", False, False),
        ("survived", "run", False, True),
        ("timeout", "laws", False, False),
        ("no verdict", "laws", False, False),
    ],
)
def test_only_what_was_seen_is_killed(outcome: str, phase: str, is_killed: bool, is_decided: bool) -> None:
    """Whatever else became of a mutant, it is no proof of a law."""
    played = row(outcome=outcome, phase=phase)
    assert (played.is_killed, played.is_decided) == (is_killed, is_decided)


def test_the_record_names_no_folder_of_a_machine() -> None:
    printed = 'the server ended with 1: File "/home/ann/books/.tox/lib/python3.11/impl/app.py", line 3'
    assert without_folders(printed) == 'the server ended with 1: File "app.py", line 3'
    assert not [row.name for row in recorded() if row.outcome == "not served" and FOLDERS.search(row.observed)]


def test_the_interval_is_the_one_of_wilson() -> None:
    """The figures are those that tables give."""
    assert [round(each, 4) for each in wilson(240, 300)] == [0.7511, 0.8413]
    assert [round(each, 4) for each in wilson(0, 10)] == [0.0, 0.2775]


def test_tables_speak_of_what_survived() -> None:
    """An entry of a mutant that was killed since, or that is another one today, says nothing any more."""
    survivors = {row.name: row.after for row in recorded() if not row.is_killed}
    for path in (EQUIVALENT, SURVIVORS):
        told = {name: entry["after"] for name, entry in read_table(path).items()}
        assert told.items() <= survivors.items()


def test_few_are_equivalent_and_each_has_two_readers() -> None:
    """At most 15 % of the sample, each with a reason, and nothing in both tables."""
    rows = recorded()
    assert len(equivalent(rows)) <= MOST_EQUIVALENT * len(rows)
    table = read_table(EQUIVALENT)
    assert all(entry["reason"] and entry["second"] for entry in table.values())
    assert not table.keys() & read_table(SURVIVORS).keys()


def test_readme_has_the_figure_of_the_record() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = FIGURE.search(readme)
    assert found is not None
    assert figure() in found.group()
