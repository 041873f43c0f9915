"""Laws about accounts find careless clubs, and fail no careful one, whatever its habits."""

from pathlib import Path

import pytest

from bookplate.cli import main
from tests.bookplate import command
from tests.bookplate.command import Report
from tests.fakes import FOLDER
from tests.fakes.club import Club
from tests.fakes.serving import opened

LAWS = ("AUTH-05", "AUTH-10", "AUTH-11", "AUTH-12", "AUTHZ-06", "AUTHZ-08")


def check(club: Club, output: Path, *rules: str, is_told: bool = True) -> Report:
    """Check a club, with its overlay or with its document alone, and return the report."""
    lines = [f'document = "{FOLDER.resolve() / "club.yaml"}"']
    lines += [f'overlay = "{FOLDER.resolve() / "club_told.yaml"}"'] if is_told else []
    config = output / "bookplate.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    with opened(club) as url:
        main([url, "--config", str(config), "--output", str(output), "--quiet", *command.rules(*rules)])
    return command.read_report(output)


def verdicts(report: Report) -> dict[tuple[str, str], str]:
    return {(each["rule"], each["operation"] or ""): each["verdict"] for each in report["findings"]}


@pytest.mark.parametrize(
    ("way", "law", "operation"),
    [
        ("a cut password", "AUTH-10", "enter"),
        pytest.param("a password in any case", "AUTH-10", "enter", marks=pytest.mark.nightly),
        pytest.param("the start of a password", "AUTH-10", "enter", marks=pytest.mark.nightly),
        pytest.param("a longer password", "AUTH-10", "enter", marks=pytest.mark.nightly),
        ("log-in folds names", "AUTH-11", "join"),
        ("letters stay", "AUTH-12", "resign"),
        ("old tokens act", "AUTH-12", "resign"),
        ("log-out does nothing", "AUTH-05", "leave"),
        ("role from content", "AUTHZ-08", "join"),
        ("takes every member", "AUTHZ-08", "join"),
        ("takes every member", "AUTHZ-06", "join"),
        ("refuses what it does not know", "AUTHZ-08", "join"),
    ],
)
def test_a_careless_club_is_found(way: str, law: str, operation: str, tmp_path: Path) -> None:
    report = check(Club(way), tmp_path, law)

    failed = {each for each, verdict in verdicts(report).items() if verdict == "failed"}
    assert (law, operation) in failed
    assert {rule for rule, _ in failed} == {law}


@pytest.mark.nightly
def test_a_cookie_that_outlives_its_session_is_found(tmp_path: Path) -> None:
    report = check(Club("cookies", "log-out does nothing"), tmp_path, "AUTH-05")

    assert verdicts(report)["AUTH-05", "leave"] == "failed"


@pytest.mark.parametrize(
    ("ways", "not_checked"),
    [
        pytest.param([], set(), marks=pytest.mark.nightly, id="plain"),
        pytest.param(["cookies", "one name in any spelling", "a trimmed password"], set(), id="one name"),
        pytest.param(["no long passwords", "all read letters", "keeps whatever it is sent"], set(), id="open letters"),
        # Nothing shows then what wrong passwords, or new accounts, would open.
        pytest.param(["locks", "keeps names"], {"AUTH-10", "AUTH-12"}, id="locks"),
    ],
)
def test_no_habit_is_taken_for_a_mistake(ways: list[str], not_checked: set[str], tmp_path: Path) -> None:
    report = check(Club(*ways), tmp_path, *LAWS)

    found = verdicts(report)
    assert {rule for (rule, _), verdict in found.items() if verdict == "not checked"} == not_checked
    assert {verdict for (rule, _), verdict in found.items() if rule not in not_checked} == {"passed"}


@pytest.mark.parametrize(
    "ways",
    [pytest.param([], id="a word before the token"), pytest.param(["cookies"], id="cookie", marks=pytest.mark.nightly)],
)
def test_two_users_come_to_life_where_nothing_is_told(ways: list[str], tmp_path: Path) -> None:
    """The roles are guessed, and so is the word before the token; a motto deep in the content is one member's alone."""
    report = check(Club(*ways), tmp_path, *LAWS, is_told=False)

    assert set(verdicts(report).values()) == {"passed"}
