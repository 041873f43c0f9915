"""`bookplate report`: one report over many services, reports written again, and two runs compared."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from bookplate.cli import main
from bookplate.laws.verdict import Finding, Verdict
from tests.bookplate import command

from .test_report import JWT, SECRET, write

FAILED = Finding("ROBUST-01", "create_shelf", Verdict.FAILED, observed="answered 500", expected="another status")
WARNED = Finding("AUTH-01", "sign_up", Verdict.WARNED, level="SHOULD", observed="a habit")


@pytest.fixture(name="runs")
def _runs(tmp_path: Path) -> list[str]:
    """The reports of two services, each of which fails; the name of one has blanks and marks."""
    write(tmp_path / "orders", [FAILED, WARNED])
    write(tmp_path / "a <b> c", [FAILED])
    return [str(tmp_path / name / "report.json") for name in ("orders", "a <b> c")]


def merged_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files("bookplate.report") / "merged.schema.json").read_text("utf-8"))
    return schema


def test_many_services_are_one_report(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "all"

    assert main(["report", "merge", *runs, "--output", str(output)]) == 1

    overview = command.read_report(output)
    jsonschema.Draft202012Validator.check_schema(merged_schema())
    jsonschema.validate(overview, merged_schema(), jsonschema.Draft202012Validator)
    assert (overview["verdict"], overview["exit_code"]) == ("not conformant", 1)
    assert [service["name"] for service in overview["services"]] == ["orders", "a <b> c"]
    assert overview["broken"] == [{"rule": "ROBUST-01", "services": ["orders", "a <b> c"]}]
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("orders: not conformant: 1 failure, 1 cause | 1 warning")
    assert told[-1] == f"not conformant: 2 services; {output / 'report.html'}"


def test_every_form_has_every_service(runs: list[str], tmp_path: Path) -> None:
    output = tmp_path / "all"
    main(["report", "merge", *runs, "--output", str(output)])

    suites = ElementTree.parse(output / "junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["orders ROBUST", "orders AUTH", "a <b> c ROBUST"]
    log = json.loads((output / "report.sarif").read_text(encoding="ascii"))
    assert [run["automationDetails"]["id"] for run in log["runs"]] == ["bookplate/orders", "bookplate/a <b> c"]
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "a &lt;b&gt; c" in page
    assert "<b>" not in page
    for place in ('href="orders/report.html#cause-1"', 'href="a_b_c/report.html#cause-1"'):
        assert place in page
    assert 'id="cause-1"' in (output / "orders" / "report.html").read_text(encoding="utf-8")
    for link in ("orders/rules/ROBUST-01.html", "a_b_c/rules/ROBUST-01.html"):
        assert f'href="{link}"' in page
        assert f"({link})" in (output / "report.md").read_text(encoding="utf-8")
        assert (output / link).is_file()


def test_services_with_one_name_stay_apart(runs: list[str], tmp_path: Path) -> None:
    output = tmp_path / "all"

    main(["report", "merge", runs[0], runs[0], "--output", str(output)])

    names = [(service["name"], service["report"]) for service in command.read_report(output)["services"]]
    assert names == [("orders", "orders/report.json"), ("orders (2)", "orders_2/report.json")]


def test_merged_reports_have_no_secret(tmp_path: Path) -> None:
    write(tmp_path / "one")
    output = tmp_path / "all"

    main(["report", "merge", str(tmp_path / "one" / "report.json"), "--output", str(output)])

    written = "".join(path.read_text(encoding="utf-8") for path in output.rglob("*") if path.is_file())
    assert SECRET not in written
    assert JWT not in written
    assert "\x1b" not in written


def test_the_gravest_exit_code_counts(tmp_path: Path) -> None:
    paths = []
    for code in (0, 3, 1):
        write(tmp_path / str(code), [FAILED])
        path = tmp_path / str(code) / "report.json"
        results = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**results, "exit_code": code}), encoding="utf-8")
        paths.append(str(path))
    output = ["--output", str(tmp_path / "all")]

    assert [main(["report", "merge", *paths[:count], *output]) for count in (1, 2, 3)] == [0, 3, 1]


def test_reports_are_written_again(runs: list[str], tmp_path: Path) -> None:
    output = tmp_path / "again"

    assert main(["report", "write", runs[0], "--output", str(output)]) == 1

    for name in ("report.json", "report.html", "junit.xml", "report.sarif", "report.har", "report.md"):
        assert (output / name).read_bytes() == (tmp_path / "orders" / name).read_bytes()


def test_two_runs_are_compared(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "later", [FAILED, Finding("PAGE-01", "create_shelf", Verdict.FAILED, observed="x")])
    later = str(tmp_path / "later" / "report.json")

    assert main(["report", "compare", runs[0], later]) == 1
    assert "  1 new: PAGE-01 create_shelf\n" in capsys.readouterr().out
    assert main(["report", "compare", later, later]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["merg"], "bookplate report: 'merg' is nothing it does: did you mean merge?"),
        ([], "bookplate report: the following arguments are required: write|merge|compare"),
        (["merge"], "bookplate report merge: the following arguments are required: FILE"),
        (["merge", "/nowhere.json"], "bookplate report merge: /nowhere.json: No such file or directory: name the "),
        (["compare", "x.json"], "bookplate report compare: the following arguments are required: NEW"),
        (["write", "x.json", "--ouput", "y"], "bookplate report write: there is no option --ouput: did you mean"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["report", *words])
    except SystemExit as ended:
        code = int(str(ended.code))

    assert code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seconds": None}, "None is not of type 'number' (at seconds): make it anew"),
        ({"started": "yesterday"}, "(at started): make it anew"),
        ({"findings": []}, "it names findings that it has not: make it anew"),
    ],
)
def test_a_report_that_was_changed_is_no_report(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], said: str
) -> None:
    path = Path(runs[0])
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), encoding="utf-8")

    assert main(["report", "write", runs[0], "--output", str(tmp_path / "again")]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bookplate report write: {path} is no report of this release: ")
    assert line.endswith(said)


def test_the_page_of_a_law_is_written_nowhere_else(runs: list[str], tmp_path: Path) -> None:
    """A report.json may come from somebody else."""
    path = Path(runs[0])
    results = json.loads(path.read_text("utf-8"))
    results["rules"][0]["page"] = "rules/../../outside.html"
    path.write_text(json.dumps(results), encoding="utf-8")

    assert main(["report", "write", runs[0], "--output", str(tmp_path / "again")]) == 2
    assert not (tmp_path / "outside.html").exists()


def test_nothing_that_is_read_is_written_over(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "write", runs[0], "--output", str(tmp_path / "orders")]) == 2

    assert "is one of the files to read: name another folder with --output" in capsys.readouterr().err


def test_help_says_what_each_does(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["write"], ["merge"], ["compare"]):
        with pytest.raises(SystemExit) as ended:
            main(["report", *words, "--help"])
        assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "merge FILE FILE ...      writes one report over many services" in shown
    assert "exit codes: write and merge: the gravest of the runs" in shown
