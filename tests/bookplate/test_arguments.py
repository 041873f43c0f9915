"""The options as they are typed: mistakes in one line, and colours where they are wanted."""

from dataclasses import fields

import pytest

from bookplate.arguments import COMMAND_OPTIONS, RUN_OPTIONS, has_colour
from bookplate.cli import main, parser
from bookplate.options import Options
from bookplate.wire.connection import Connection


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--exlude", "x"], "there is no option --exlude: did you mean --exclude?"),
        (["--rules=PAGE-01"], "there is no option --rules: did you mean --rule?"),
        (["--zzzzzz"], "there is no option --zzzzzz: --help shows all"),
        (["http://127.0.0.1:1", "books"], "'books' is one word too many"),
        (["--rate-limit", "fast"], "'fast' is no rate such as 10/s, 60/m or 1000/h"),
        (["--rate-limit", "0/s"], "'0/s' is no rate"),
        (["--rate-limit", "3/day"], "'3/day' is no rate"),
        (["--max-requests", "-1"], "'-1' is no whole number above zero"),
        (["--max-requests", "0"], "'0' is no whole number above zero"),
        (["--max-examples", "1.5"], "'1.5' is no whole number above zero"),
        (["--time-budget", "nan"], "'nan' is no number of seconds above zero"),
        (["--request-timeout", "soon"], "'soon' is no number of seconds above zero"),
        (["--color", "sometimes"], "invalid choice: 'sometimes'"),
        (["--op", "list_notes"], "there is no option --op"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("text", "rate"), [("10/s", 10), ("90/m", 1.5), ("1800/h", 0.5), ("2", 2)])
def test_a_rate_is_read_as_requests_a_second(text: str, rate: float) -> None:
    given = parser().parse_args(["http://127.0.0.1:1", "--rate-limit", text])

    assert given.rate == rate


def test_every_option_of_a_run_reaches_it() -> None:
    given = parser().parse_args(["--target", "http://127.0.0.1:1"])

    options = Options.of(given)
    found_out = {"found", "others"}  # by discovery, and from the targets behind the first one
    assert {each.name for each in fields(options)} - found_out <= vars(given).keys()
    assert options.full
    assert options.connection == Connection()


def test_how_requests_travel_is_read_from_the_options() -> None:
    arguments = [
        "--request-timeout",
        "3",
        "--no-tls-verify",
        "--read-only",
        "--max-requests",
        "9",
        "--rate-limit",
        "5/s",
    ]

    connection = Options.of(parser().parse_args(["--target", "http://127.0.0.1:1", *arguments])).connection

    assert (connection.timeout, connection.verify, connection.read_only) == (3, False, True)
    assert (connection.most_requests, connection.rate) == (9, 5)


def test_a_run_that_selects_or_stops_early_is_not_a_full_one() -> None:
    assert Options("t").full
    assert not Options("t", include=["a"]).full
    assert not Options("t", exclude=["a"]).full
    assert not Options("t", read_only=True).full
    assert not Options("t", max_requests=9).full
    assert not Options("t", max_failures=1).full


def test_the_help_has_every_option_in_a_group_and_examples() -> None:
    text = parser().format_help()

    for option in (*RUN_OPTIONS, *COMMAND_OPTIONS):
        assert f"\n{option.group}:\n" in text
        assert option.names[0] in text
    assert "examples:" in text


@pytest.mark.parametrize(
    ("asked", "environment", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_colours_are_where_they_are_wanted(
    asked: str, environment: dict[str, str], is_terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert has_colour(asked, is_terminal=is_terminal) is expected
