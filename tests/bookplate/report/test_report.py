"""One tree, many reports: valid, without secrets, and safe whatever a server answered."""

import datetime
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.verdict import Finding, Verdict
from bookplate.report import Report
from bookplate.report.comparison import Earlier
from bookplate.report.github import addresses
from bookplate.report.next_step import next_step
from bookplate.report.repository import in_repository
from bookplate.report.terminal import Terminal, enumerated, table
from bookplate.report.tree import tree
from tests.fakes.shelf import DOCUMENT

STARTED = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
SECRET = "0123456789abcdef0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
HOSTILE = "\x00\x1b[2J\x9b31m\ud800\ufffe]]><script>&amp;\u202e %0A::error::"
FINDINGS = [
    Finding("SCHEMA-01", "create_shelf", Verdict.PASSED),
    Finding("SCHEMA-01", "replace_shelf", Verdict.NOT_CHECKED, reason="no clock"),
    Finding(
        "PAGE-02", "create_shelf", Verdict.PASSED, tested=("the size",), not_tested=("the default: none is declared",)
    ),
    Finding("AUTH-01", "sign_up", Verdict.WARNED, level="SHOULD", observed="a habit"),
    Finding(
        "ROBUST-01",
        "create_shelf",
        Verdict.FAILED,
        observed=f"answered {HOSTILE} with {SECRET}",
        expected=f"no {JWT}",
        curl=f"curl -H 'Authorization: Bearer {SECRET}' -d '{JWT}'",
        line=f"{DOCUMENT}:7",
        again="python -m bookplate --rule ROBUST-01",
    ),
    Finding("ROBUST-01", "replace_shelf", Verdict.FAILED, observed=f"answered {HOSTILE} with {SECRET}"),
    Finding("CAMPAIGN", None, Verdict.ERROR, reason=f"engine: {HOSTILE}"),
]


def write(
    output: Path,
    findings: list[Finding] = FINDINGS,
    *,
    stale: Sequence[str] = ("'A b' expired",),
    settings: str = "",
    earlier: Earlier | None = None,
) -> str:
    """Write every report and return what the terminal showed."""
    fuzzing = FuzzingResult(
        cases=Counter(create_shelf=60),
        observed=Counter({("create_shelf", 201, "application/json"): 7, ("create_shelf", 401, HOSTILE): 1}),
        secrets={SECRET: "$TOKEN_A"},
    )
    stream = io.StringIO()
    report = Report(
        Document.load(DOCUMENT),
        Catalogue.shipped(),
        output,
        seed=3,
        target="impl:create_app",
        terminal=Terminal(stream),
        command="bookplate check impl:create_app",
        settings=settings,
        earlier=earlier,
    )
    report.started = STARTED
    report.progress("signed in: coverage", 12)
    report.finish(findings, fuzzing, stale=stale, code=1, seconds=1.25)
    return stream.getvalue()


def report_schema() -> dict[str, Any]:
    """Return the schema of report.json."""
    schema: dict[str, Any] = json.loads((files("bookplate.report") / "report.schema.json").read_text())
    return schema


@pytest.fixture(autouse=True)
def _no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def test_json_report_is_valid_against_its_schema(tmp_path: Path) -> None:
    write(tmp_path)

    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((tmp_path / "report.json").read_text()), schema, jsonschema.Draft202012Validator)


def test_one_cause_is_one_entry_with_its_operations(tmp_path: Path) -> None:
    shown = write(tmp_path)

    causes = json.loads((tmp_path / "report.json").read_text())["causes"]
    assert ["create_shelf", "replace_shelf"] in [cause["operations"] for cause in causes]
    assert [4, 5] in [cause["findings"] for cause in causes]
    assert re.findall("^2 failures, 1 cause: 1 crash$|^FAILED  crash  ", shown, re.MULTILINE) == [
        "FAILED  crash  ",
        "2 failures, 1 cause: 1 crash",
        "FAILED  crash  ",
    ]
    assert "also      replace_shelf" in shown


def test_the_end_is_a_list_of_causes_the_worst_first_and_the_page(tmp_path: Path) -> None:
    *_, error, failed, warned, empty, verdict, following, page = write(tmp_path).splitlines()

    assert error.startswith("ERROR  CAMPAIGN  (the document)  engine: ")
    assert failed.startswith("FAILED  crash  ROBUST-01  create_shelf and 1 more  answered ")
    assert warned == "WARNED  security  AUTH-01  sign_up  a habit"
    assert (empty, verdict[:14], following[:6]) == ("", "not conformant", "next: ")
    assert page == f"report: {tmp_path / 'report.html'}"


def test_secrets_are_in_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    shown = write(tmp_path) + capsys.readouterr().out

    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    written = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert {path.relative_to(tmp_path).as_posix() for path in paths} == {
        *("report.json", "report.html", "junit.xml", "report.sarif", "report.har", "report.md", "summary.md"),
        *(f"rules/{rule}.html" for rule in ("AUTH-01", "PAGE-02", "ROBUST-01", "SCHEMA-01")),
        *(f"scripts/{each.name}" for each in paths if each.parent.name == "scripts"),
    }
    assert tmp_path / "scripts" / "ROBUST-01-create_shelf.sh" in paths
    for secret in (SECRET, JWT):
        assert secret not in shown
        assert secret not in written
    assert "$TOKEN_A" in shown


def test_junit_is_well_formed_whatever_a_server_answered(tmp_path: Path) -> None:
    write(tmp_path)

    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    robust = next(suite for suite in root if suite.get("name") == "ROBUST")
    assert (robust.get("tests"), robust.get("failures")) == ("2", "2")
    assert robust[0].get("name") == "ROBUST-01[create_shelf]"
    assert "\\u0000\\u001b[2J" in str(robust[0][0].get("message"))


def test_junit_has_the_time_and_the_place_of_each_law(tmp_path: Path) -> None:
    findings = [replace(FINDINGS[0], seconds=0.5), replace(FINDINGS[1], seconds=0.25)]
    write(tmp_path, findings)

    [suite] = ElementTree.parse(tmp_path / "junit.xml").getroot()
    law = Catalogue.shipped()["SCHEMA-01"]
    assert (suite.get("name"), suite.get("time"), suite.get("timestamp")) == (
        "SCHEMA",
        "0.7500",
        "2026-11-30T12:00:00+00:00",
    )
    assert [(case.get("time"), case.get("file"), case.get("line")) for case in suite] == [
        ("0.5", law.file, str(law.line)),
        ("0.25", law.file, str(law.line)),
    ]
    line = law.path.read_text(encoding="utf-8").splitlines()[law.line - 1]
    assert line.startswith("@delegated(")


def test_terminal_is_not_steered_by_a_server(tmp_path: Path) -> None:
    shown = write(tmp_path)

    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "\\x1b[2J" in shown


def test_terminal_shows_the_table_the_law_and_how_to_see_it_again(tmp_path: Path) -> None:
    shown = write(tmp_path)

    assert re.search(r"^create_shelf +60 +0 ", shown, re.MULTILINE)
    assert re.search(
        r"^FAILED  crash  answered .*\n  ROBUST-01  MUST  create_shelf  POST /shelves$", shown, re.MULTILINE
    )
    assert "again     python -m bookplate --rule ROBUST-01" in shown
    assert f"script    {tmp_path}/scripts/ROBUST-01-create_shelf.sh sends these requests by curl" in shown
    assert "STALE  'A b' expired" in shown
    assert (
        "not conformant: 1 error, 1 cause | 2 failures, 1 cause | 1 warning, 1 cause | 1 not checked"
        " | 2 passed, 1 of them in part; 60 generated cases in 1.2 s" in shown
    )


def test_a_line_that_nobody_reads_to_its_end_is_cut(tmp_path: Path) -> None:
    """Content that is nested deeply makes a text of thousands of characters; report.json has all of them."""
    told = f"POST /boxes with {'[' * 4000} answered 500"
    finding = Finding("STATE-01", "shelve", Verdict.FAILED, observed=told, expected="4xx", curl="curl -s x")

    lines = write(tmp_path, [finding]).splitlines()

    assert max(map(len, lines)) < 1000
    assert any(line.endswith(" characters: report.json has them all)") for line in lines)
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["findings"][0]["observed"] == told


def test_what_is_done_first_is_told_at_once() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)

    terminal.progress("starting the target", 0)
    terminal.progress("PAGE-01[list_books]", 0)

    assert re.fullmatch(r" +[\d.]+ s  starting the target\n", stream.getvalue())


def test_annotations_are_for_workflows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    assert capsys.readouterr().out == ""

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write(tmp_path)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith(
        f"::error file={DOCUMENT},line=7,title=ROBUST-01 create_shelf%2C replace_shelf::crash: answered"
    )
    assert "%0Aexpected: no $TOKEN%0Alaw: No request, " in lines[1]


def test_warnings_and_stale_expectations_are_annotated_with_law_and_what_was_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    settings = tmp_path / "bookplate.toml"
    settings.write_text('[expected]\n[expected."SCHEMA-01 create_shelf"]\n', encoding="utf-8")
    warned = Finding("AUTH-01", "sign_up", Verdict.WARNED, level="SHOULD", observed="a habit", expected="another one")

    write(
        tmp_path,
        [*FINDINGS[:1], warned],
        stale=["'SCHEMA-01 create_shelf' is expected to fail and passed: remove the expectation"],
        settings=str(settings),
    )

    of_warning, of_stale = capsys.readouterr().out.splitlines()
    law = Catalogue.shipped()["AUTH-01"]
    assert of_warning.startswith("::warning title=AUTH-01 sign_up::")
    assert f"%0Aexpected: another one%0Alaw: {law.text}%0Afile of the law: {law.file}:{law.line}%0A" in of_warning
    assert of_stale.startswith(f"::error file={settings},line=2,title=stale expectation SCHEMA-01 create_shelf::")
    assert "%0Aexpected: the settings name only what fails today" in of_stale
    assert f"%0Alaw: {Catalogue.shipped()['SCHEMA-01'].text}%0A" in of_stale


def test_annotations_link_the_page_of_a_law_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "c0ffee"}
    monkeypatch.chdir(Path(__file__).parents[3])

    address = addresses(named)

    assert address({"id": "PAGE-01", "page": "rules/PAGE-01.html"}) == (
        "https://git.example/a/b/blob/c0ffee/docs/rules/PAGE-01.md"
    )
    assert address({"id": "OWN-01", "page": "rules/OWN-01.html"}) == "rules/OWN-01.html"


def test_annotations_name_files_from_the_root_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = tmp_path / "repository/services/notes"
    service.mkdir(parents=True)
    (service / "openapi.yaml").touch()
    (tmp_path / "elsewhere.yaml").touch()
    monkeypatch.chdir(service)
    root = str(tmp_path / "repository")

    assert in_repository("openapi.yaml", root) == "services/notes/openapi.yaml"
    assert in_repository(str(service / "openapi.yaml"), root) == "services/notes/openapi.yaml"
    assert in_repository("openapi.yaml", "") == "openapi.yaml"
    assert in_repository("../../../elsewhere.yaml", root) == "../../../elsewhere.yaml"
    assert in_repository("http://127.0.0.1/openapi.json", root) == "http://127.0.0.1/openapi.json"


def test_nothing_checked_is_told(tmp_path: Path) -> None:
    assert "nothing was checked" in write(tmp_path, [])


def test_every_report_names_the_parts_that_were_tested_and_those_that_were_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    shown = write(tmp_path)

    results = json.loads((tmp_path / "report.json").read_text())
    [part] = results["parts"]
    assert (results["in_part"], part["tested"], part["operations"]) == (1, ["the size"], ["create_shelf"])
    junit = ElementTree.parse(tmp_path / "junit.xml").getroot()
    properties = [(each.get("name"), each.get("value")) for each in junit.iter("property")]
    assert properties == [("tested", "the size"), ("not_tested", "the default: none is declared")]
    for text in (shown, (tmp_path / "report.html").read_text(), (tmp_path / "summary.md").read_text()):
        assert "the size" in text
        assert "the default: none is declared" in text


def test_what_was_not_checked_is_one_line_for_each_reason(tmp_path: Path) -> None:
    unchecked = [
        Finding(rule, operation, Verdict.NOT_CHECKED, reason="no origin: write origin = ...")
        for rule in ("CORS-01", "CORS-02")
        for operation in ("create_shelf", "replace_shelf")
    ]
    shown = write(tmp_path, [*unchecked, Finding("RATE-03", "create_shelf", Verdict.NOT_CHECKED, reason="no clock")])

    lines = [line for line in shown.splitlines() if line.startswith("NOT CHECKED")]
    assert lines == [
        "NOT CHECKED      4  no origin: write origin = ... (CORS-01, CORS-02)",
        "NOT CHECKED      1  no clock (RATE-03)",
    ]


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        (FINDINGS, "report this error of the suite, with report.json"),
        (
            [each for each in FINDINGS if each.verdict is not Verdict.ERROR],
            "mend ROBUST-01 at create_shelf, then run: ",
        ),
        (
            [Finding("A-01", "x", Verdict.NOT_CHECKED, reason="no key: write it")],
            "have one more place checked: write it",
        ),
        ([], "name laws or operations that there are: --list shows all"),
        ([Finding("A-01", "x", Verdict.PASSED)], "run this at every change"),
        ([Finding("A-01", "x", Verdict.WARNED)], "read the warnings: --strict lets them fail"),
    ],
)
def test_the_last_line_says_what_to_do_next(findings: list[Finding], told: str) -> None:
    failed = any(each.verdict in (Verdict.FAILED, Verdict.ERROR) for each in findings)
    run = {"target": "t", "seed": 1, "seconds": 1.0, "exit_code": 1 if failed else 0}

    results = tree(Document.load(DOCUMENT), Catalogue.shipped(), findings, FuzzingResult(), run=run)

    assert next_step(results).startswith(told)


def test_a_document_without_operations_is_told_to_describe_some() -> None:
    run = {"target": "t", "seed": 1, "seconds": 1.0, "exit_code": 3}
    findings = [Finding("A-01", None, Verdict.PASSED)]

    results = tree(Document.load(DOCUMENT), Catalogue.shipped(), findings, FuzzingResult(), run=run)

    assert next_step(results).startswith("describe the operations of the service below paths")


def test_a_reason_that_names_its_operation_is_one_reason_for_all() -> None:
    reasons = {name: f"nothing reads what {name} changes" for name in ("dim", "switch_off", "paint")}
    findings = [Finding("AUTHZ-04", name, Verdict.NOT_CHECKED, reason=reason) for name, reason in reasons.items()]
    other = Finding("AUTHZ-04", "paint_all", Verdict.NOT_CHECKED, reason="there is no admin")

    groups = tree(Document.load(DOCUMENT), [], [*findings, other], FuzzingResult(), run={"exit_code": 3})["unchecked"]

    assert [(group["reason"], group["count"]) for group in groups] == [
        ("nothing reads what dim changes", 3),
        ("there is no admin", 1),
    ]


def results_of(count: int, *, failed: int) -> dict[str, Any]:
    """Return results of one rule at so many operations, one of which failed."""
    names = [f"read_{number}" for number in range(count)]
    findings = [
        {"operation": name, "rule": "HTTP-01", "verdict": "failed" if number == failed else "passed"}
        for number, name in enumerate(names)
    ]
    return {
        "findings": findings,
        "coverage": [{"operation": name, "cases": 7, "generated_2xx": 3} for name in names],
    }


def test_the_table_of_a_large_document_shows_what_went_wrong() -> None:
    lines = table(results_of(500, failed=321))

    assert [line.split()[0] for line in lines[1:-1]] == ["read_321"]
    assert lines[-1].startswith("499 more operations")


def test_the_table_of_a_small_document_is_whole() -> None:
    assert len(table(results_of(60, failed=5))) == 61


def test_long_lists_of_operations_are_cut() -> None:
    names = [f"read_{number}" for number in range(500)]

    assert enumerated(names) == f"{', '.join(names[:12])} and 488 more"
    assert enumerated(names[:12]) == ", ".join(names[:12])
