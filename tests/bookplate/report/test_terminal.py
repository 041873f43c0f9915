"""The terminal says what a run waits for, also where a line was written a moment ago."""

import io

from bookplate.report.terminal import Terminal
from bookplate.wire.connection import Admission, Connection


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
