"""The terminal says what a run waits for, also where a line was written a moment ago."""

import io
from pathlib import Path

from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.terminal import Terminal
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.evidence import evidence_of
from bookplate.wire.exchange import Exchange

from .test_report import write


def test_a_wait_for_a_limit_is_shown_at_once() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    admission = Admission(Connection(), sleep=lambda seconds: None)
    admission.on_wait = terminal.wait

    terminal.progress("RATE-02[list_lamps]", 0)
    terminal.progress("RATE-03[list_lamps]", 0)  # too soon for another line
    admission.wait(60, "limit writes")
    admission.wait(0.2)

    first, second = stream.getvalue().splitlines()
    assert first.endswith("RATE-02[list_lamps]")
    assert second.endswith("RATE-03[list_lamps]: waiting 60 s: limit writes")


def test_a_quiet_terminal_shows_no_wait() -> None:
    stream = io.StringIO()

    Terminal(stream, quiet=True).wait(60, "limit writes")

    assert stream.getvalue() == ""


def test_a_wait_beyond_the_budget_is_told_by_whoever_goes_on() -> None:
    told: list[float] = []
    admission = Admission(Connection(), sleep=lambda seconds: None)
    admission.on_wait = lambda seconds, what: told.append(seconds)

    admission.beyond(10, "it is late").wait(5)

    assert told == [5]


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_what_is_done_beside_a_law_has_the_place_of_that_law() -> None:
    stream = Screen()
    terminal = Terminal(stream)

    terminal.progress("[231/953] RATE-02[list_lamps]", 0)
    terminal.wait(42, "limit writes")
    terminal.progress("signed in: coverage", 158)

    lines = [line.split(" s  ")[1] for line in stream.getvalue().split("\r\x1b[2K") if line]
    assert lines == [
        "[231/953] RATE-02[list_lamps]",
        "[231/953] RATE-02[list_lamps]: waiting 42 s: limit writes",
        "[231/953] signed in: coverage, 158 cases",
    ]


def test_the_place_has_a_colour_where_colours_are_asked_for() -> None:
    stream = Screen()

    Terminal(stream, colour=True).progress("[1/9] PAGE-01[list_lamps]", 0)

    assert "\x1b[36m[1/9] \x1b[0mPAGE-01[list_lamps]" in stream.getvalue()


def test_a_failure_says_where_its_law_is_explained_and_what_was_left_out_of_its_request(tmp_path: Path) -> None:
    sent = Exchange("create_shelf", "POST", "http://localhost/a?b=c", [], b"", 500, [("c", "d")], b"e")
    smallest = "2 of 3 parts of the request were left out"
    finding = Finding(
        "ROBUST-01", "create_shelf", Verdict.FAILED, observed="x", exchanges=evidence_of([sent]), smallest=smallest
    )

    lines = write(tmp_path, [finding]).splitlines()

    place = lines.index("  law       contract_tests/robust/robust_01_no_server_errors.py")
    page = tmp_path / "rules" / "ROBUST-01.html"
    assert lines[place + 1] == f"            {page}: usual mistakes, and how to mend it"
    assert page.is_file()
    assert f"  smallest  {smallest}" in lines
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<dt>Smallest request</dt><dd>{smallest}</dd>" in html
