"""What two tools see is told apart from what they see anyway, and the page says where schemathesis wins."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.faults import matrix
from tests.foreign.plain import failures_in, logging_in

from . import __main__ as command
from . import page, record
from .beside import NotMadeError, Task
from .compared import Comparison
from .record import Row, rows, runs
from .seen import BOOKPLATE, FAULTS, SCHEMATHESIS, Found, Record, Seen, drawn, faults, seconds_of_a_check

HONEST = [
    Seen(BOOKPLATE, "", 1, 80.0),
    Seen(BOOKPLATE, "", 2, 90.4),
    Seen(SCHEMATHESIS, "", 1, 85, (Found("RejectedPositiveData", "create_book", 4, "positive_data_acceptance"),)),
]


def ours(fault: str, *found: Found, seconds: float = 9) -> Seen:
    return Seen(BOOKPLATE, fault, 1, seconds, found)


def theirs(fault: str, *found: Found, trouble: tuple[str, ...] = ()) -> Seen:
    return Seen(SCHEMATHESIS, fault, 1, 85, found, trouble)


USUAL = Found("RejectedPositiveData", "create_book", 3, "positive_data_acceptance")
CRASH = Found("ServerError", "get_book", 5, "not_a_server_error")
LAW = Found("PAGE-01", "list_books", 9)


def test_what_is_seen_without_a_fault_does_not_count() -> None:
    compared = Comparison([*HONEST, ours("A a"), theirs("A a", USUAL)])

    assert compared.seen(BOOKPLATE) == compared.seen(SCHEMATHESIS) == []


@pytest.mark.parametrize(
    ("mine", "other", "first"),
    [
        ((), (USUAL, CRASH), SCHEMATHESIS),
        ((LAW,), (CRASH,), SCHEMATHESIS),  # earlier
        ((LAW,), (USUAL,), BOOKPLATE),
        ((), (), ""),
    ],
)
def test_who_sees_a_fault_alone_or_first_wins(mine: tuple[Found, ...], other: tuple[Found, ...], first: str) -> None:
    (row,) = Comparison([*HONEST, ours("A a", *mine), theirs("A a", *other)]).rows

    assert row.first == first


def test_trouble_that_a_tool_has_anyway_is_not_told() -> None:
    honest = Seen(SCHEMATHESIS, "", 2, 85, trouble=("Network Error",))
    (row,) = Comparison([honest, ours("A a"), theirs("A a", trouble=("Network Error", "Authentication Error"))]).rows

    assert row.theirs.trouble == ("Authentication Error",)


def test_a_fault_that_one_tool_has_not_looked_at_is_left_out() -> None:
    assert Comparison([*HONEST, ours("A a", LAW)]).rows == []


def test_a_run_that_could_not_be_made_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(tasks: list[Task], jobs: int) -> Iterator[Seen | NotMadeError]:
        for task in tasks:
            yield NotMadeError(f"{task.key}: no port") if task.fault == "A a" else ours(task.fault)

    monkeypatch.setattr(command, "play", made)
    recorded = Record(tmp_path / "beside.json")

    command.fill(recorded, [Task(BOOKPLATE, "A a", 1), Task(BOOKPLATE, "B b", 1)], jobs=1)

    assert [run.fault for run in Record(tmp_path / "beside.json").runs.values()] == ["B b"]
    assert capsys.readouterr().err == "not made: bookplate 1 A a: no port\n"


def test_the_same_faults_are_drawn_each_time() -> None:
    assert len(set(drawn())) == FAULTS
    assert drawn(5) == drawn()[:5]
    assert set(drawn()) <= set(faults())


def test_a_record_is_resumed(tmp_path: Path) -> None:
    file = tmp_path / "beside.json"
    for run in HONEST:
        Record(file).add(run)

    again = Record(file)

    assert [*again.runs.values()] == HONEST
    assert seconds_of_a_check(again) == 85


def test_what_is_written_down_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = matrix.Row("PAGE-01", "a", "list_books", "caught", 1.5, 9.0, ["PAGE-02", "ERR-01"], ["PAGE-02"], "abc")
    monkeypatch.setattr(matrix, "OUTPUT", tmp_path / "matrix.json")
    monkeypatch.setattr(record, "FOLDER", tmp_path / "record")
    monkeypatch.setattr(record, "ROWS", tmp_path / "record" / "rows.jsonl")
    monkeypatch.setattr(record, "RUNS", tmp_path / "record" / "runs.jsonl")
    matrix.Record(matrix.OUTPUT).add(played)
    seen = Record(tmp_path / "beside.json")
    for run in (*HONEST, ours("A a", LAW), theirs("A a", USUAL, CRASH)):
        seen.add(run)

    record.write(seen)

    assert rows() == [Row("PAGE-01", "a", "list_books", "caught", 1.5, 9.0, 2, ("PAGE-02",), "abc")]
    assert Comparison(runs()).rows == Comparison([*seen.runs.values()]).rows


def test_what_was_written_down_and_not_played_since_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = matrix.Row("PAGE-01", "a", "list_books", "caught", 1.5, 9.0, [], [], "abc")
    monkeypatch.setattr(record, "ROWS", tmp_path / "record" / "rows.jsonl")
    monkeypatch.setattr(record, "RUNS", tmp_path / "record" / "runs.jsonl")
    monkeypatch.setattr(matrix, "OUTPUT", tmp_path / "first.json")
    matrix.Record(matrix.OUTPUT).add(before)
    record.write(Record(tmp_path / "none.json"))

    monkeypatch.setattr(matrix, "OUTPUT", tmp_path / "second.json")
    matrix.Record(matrix.OUTPUT).add(replace(before, fault="b"))
    matrix.Record(matrix.OUTPUT).add(replace(before, fault="a", commit="def"))
    record.write(Record(tmp_path / "none.json"))

    assert [(row.fault, row.commit) for row in rows()] == [("a", "def"), ("b", "abc")]


def test_the_page_says_where_schemathesis_wins() -> None:
    compared = Comparison([*HONEST, ours("A a", LAW), theirs("A a", CRASH), ours("B b", LAW), theirs("B b")])

    first, second = map(page.compared_row, compared.rows)

    assert "| ServerError (not_a_server_error) at `get_book` | 5 s | **schemathesis** |" in first
    assert second.endswith("| bookplate |")


def test_the_page_tells_the_laws_that_alone_see_a_fault() -> None:
    def row(law: str, fault: str, *seen_by: str) -> Row:
        return Row(law, fault, "get_book", "caught", 1, 5, 3, seen_by, "abc")

    played = [row("A-01", "a"), row("A-01", "b", "B-01"), row("B-01", "c", "A-01")]

    assert [*page.alone(played)][-1] == "| A-01 | `a` |"
    assert [*page.explained_by_others(played)][-1] == "| B-01 | `c`: A-01 |"


def test_the_record_names_faults_that_there_are() -> None:
    known = set(page.all_faults())

    gone = {row.name for row in rows()} | {run.fault for run in runs() if run.fault}
    assert gone - known == set(), "play the matrix again, or take the line out of tests/matrix/record"


def test_a_failure_has_the_time_of_its_first_event(tmp_path: Path) -> None:
    document = Document.load(Path("openapi/openapi.yaml"))
    books = next(each for each in document.operations if each.method == "POST" and each.creates)
    label = f"{books.method} {books.path}"

    def event(at: float, walk: str) -> dict[str, Any]:
        failure = {"type": "ServerError", "operation": label}
        check = {"name": "not_a_server_error", "failure_info": {"failure": failure}}
        return {"ScenarioFinished": {"timestamp": at, "recorder": {"label": walk, "checks": {"1": [check]}}}}

    events, report = tmp_path / "events", tmp_path / "report"
    told = [{"EngineStarted": {"timestamp": 100.0}}, event(103.5, label), event(107.0, "Stateful tests")]
    events.write_text("".join(f"{json.dumps(each)}\n" for each in told), encoding="utf-8")
    failure = {"type": "ServerError", "operations": [label, "Stateful tests"]}
    report.write_text(json.dumps({"failures": [failure]}), encoding="utf-8")

    found = failures_in(report, events, document, began=100.0)

    assert [(each.where, each.seconds, each.check) for each in found] == [
        (books.id, 3.5, "not_a_server_error"),
        ("stateful tests", 7.0, "not_a_server_error"),
    ]


def test_a_user_logs_in_as_the_document_says() -> None:
    user = logging_in("ann", Document.load(Path("openapi/openapi.yaml")), "ann@example.com", "made up")

    told = user["loginEndpointAuth"]
    assert told["payloadUserPwd"] == {
        "username": "ann@example.com",
        "password": "made up",
        "usernameField": "email",
        "passwordField": "password",
    }
    assert told["token"]["extractSelector"] == "/access_token"
