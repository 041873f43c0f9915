"""A census tells which verdicts change, and resumes where it ended."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bookplate.laws.verdict import Finding, Verdict

from . import __main__ as command
from . import page, runs
from .one import verdicts
from .runs import BUSY, KINDS, PLAIN, SHUFFLED, Run, busy, differing, law_seconds, told

FIRST = Run(1, PLAIN, "abc", 60, {"PAGE-01 a": "passed", "PAGE-01 b": "passed"}, {"PAGE-01": 2, "ERR-01": 1})


def test_there_are_twelve_runs_four_of_them_busy_and_three_shuffled() -> None:
    assert (len(KINDS), KINDS.count(BUSY), KINDS.count(SHUFFLED)) == (12, 4, 3)


def test_verdicts_that_change_or_are_missing_are_told() -> None:
    assert differing(FIRST.verdicts, {"PAGE-01 a": "failed"}) == {
        "PAGE-01 a": "passed, then failed",
        "PAGE-01 b": "passed, then missing",
    }
    assert differing(FIRST.verdicts, FIRST.verdicts) == {}


def test_the_worst_verdict_of_a_law_at_an_operation_counts() -> None:
    def finding(verdict: Verdict, operation: str | None = "a") -> Finding:
        return Finding("PAGE-01", operation, verdict)

    found = [finding(Verdict.PASSED), finding(Verdict.FAILED), finding(Verdict.WARNED), finding(Verdict.PASSED, None)]

    assert verdicts(found) == {"PAGE-01 a": "failed", "PAGE-01 the document": "passed"}


def test_the_time_of_a_law_is_the_median_of_the_plain_runs() -> None:
    others = [Run(n, kind, "abc", 60, {}, {"PAGE-01": seconds}) for n, kind, seconds in ((2, PLAIN, 4), (3, BUSY, 99))]

    assert law_seconds([FIRST, *others]) == {"PAGE-01": 3, "ERR-01": 0.5}


def test_a_census_is_resumed_and_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BUILD", tmp_path)
    monkeypatch.setattr(runs, "RECORD", tmp_path / "record.json")
    second = Run(2, BUSY, "abc", 90, {**FIRST.verdicts, "PAGE-01 b": "warned"}, FIRST.laws)
    for run in (FIRST, second):
        runs.file_of(run.number).write_text(json.dumps(vars(run)), encoding="utf-8")

    assert runs.made() == [FIRST, second]
    runs.write(runs.made())
    assert runs.recorded() == (told([FIRST, second]), law_seconds([FIRST, second]))


def test_a_run_that_cannot_be_made_ends_the_census(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(number: int, commit: str) -> Run:
        raise subprocess.CalledProcessError(2, "python")

    monkeypatch.setattr(runs, "BUILD", tmp_path)
    monkeypatch.setattr(command, "make", fails)

    assert command.main(["--runs", "2"]) == 2
    assert capsys.readouterr().err == "run 1 could not be made: its own message stands above\n"


def test_the_page_tells_what_changed() -> None:
    second = Run(2, SHUFFLED, "abc", 61, {**FIRST.verdicts, "PAGE-01 b": "warned"}, FIRST.laws)

    assert [*page.verdicts(told([FIRST, second]))][-1] == "- run 2 (shuffled), PAGE-01 b: passed, then warned"
    assert [*page.verdicts(told([FIRST, FIRST]))][-1] == "No verdict changed."


def test_cores_are_busy_meanwhile_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "WORK", "import time; time.sleep(60)")
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text(encoding="ascii")

    with busy(2):
        assert len(children.read_text(encoding="ascii").split()) == len(before.split()) + 2

    assert children.read_text(encoding="ascii") == before
