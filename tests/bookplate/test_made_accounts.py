"""Accounts that a run signed up are deleted later too, also after it was killed; the reason is told where they are not."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.bookplate import command
from tests.fakes import FOLDER
from tests.fakes.club import Club
from tests.fakes.serving import opened


@pytest.fixture(name="left")
def _left(tmp_path: Path) -> Iterator[tuple[Club, Path]]:
    """A club with accounts that a run has made and not deleted, and the folder of its reports."""
    club, output = Club(), tmp_path / "out"
    config = tmp_path / "bookplate.toml"
    files = (f'document = "{FOLDER.resolve() / "club.yaml"}"', f'overlay = "{FOLDER.resolve() / "club_told.yaml"}"')
    config.write_text("\n".join(files), encoding="utf-8")
    with opened(club) as url:
        main([url, "--config", str(config), "--output", str(output), "--quiet", "--keep", *command.rules("STATE-01")])
        yield club, output


def test_a_later_run_deletes_accounts(left: tuple[Club, Path]) -> None:
    club, output = left
    accounts = output / "accounts.jsonl"
    said = [json.loads(line) for line in accounts.read_text(encoding="utf-8").splitlines()]
    assert {each["identifier"] for each in said} == set(club.members) != set()
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600

    main(["clean", str(output)])

    assert club.members == {}
    assert not accounts.exists()


def test_a_refused_log_in_is_the_reason(left: tuple[Club, Path], capsys: pytest.CaptureFixture[str]) -> None:
    club, output = left
    for member in club.members.values():
        member["password"] = "another one"
    capsys.readouterr()

    assert main(["clean", str(output)]) == 1

    told = capsys.readouterr().out
    assert "nobody can be logged in to call resign: user GUEST cannot log in: POST /club/sessions answered 401" in told
    assert (output / "accounts.jsonl").exists()


def test_a_log_in_for_which_there_is_no_time_is_the_reason(
    left: tuple[Club, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    club, output = left
    club.ways.add("busy")
    capsys.readouterr()

    assert main(["clean", str(output)]) == 1

    told = capsys.readouterr().out
    assert "nobody can be logged in to call resign: the target answers 429 and asks for 90 s" in told
    assert "nobody who made it is there" not in told
    assert club.members
