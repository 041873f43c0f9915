"""A service that runs more than once is checked at all its addresses, and what one server keeps to itself is seen."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.laws.verdict import SET_UP_ERROR
from tests.fakes import harbour
from tests.fakes.serving import opened

from . import command

# A law of the kind, by what a server keeps to itself.
LAW_BY_FAULT = {
    harbour.LIMITS: "RATE-01",
    harbour.CACHE: "CACHE-01",
    harbour.SESSIONS: "AUTH-20",
    harbour.ENDINGS: "AUTH-05",
    harbour.IDS: "CONC-02",
    harbour.KEYS: "CONC-05",
    harbour.TAGS: "COND-01",
}
LAWS = [*LAW_BY_FAULT.values(), "CONC-04", "COND-02", "PAGE-01", "STATE-01", "STATE-02", "STATE-03"]


def check(addresses: Sequence[str], folder: Path, *arguments: str) -> int:
    """Check a harbour at some of its addresses and return the exit code."""
    document = folder / "harbour.json"
    document.write_text(json.dumps(harbour.DOCUMENT), encoding="utf-8")
    targets = [word for address in addresses for word in ("--target", address)]
    return main([*targets, "--document", str(document), "--output", str(folder / "out"), *arguments])


def failures(folder: Path) -> dict[str, command.Report]:
    """Return what has failed, by its law."""
    found = command.read_report(folder / "out")["findings"]
    return {each["rule"]: each for each in found if each["verdict"] == "failed"}


def servers(finding: command.Report) -> set[str]:
    """Return the names of the servers that the exchanges of a failure were with."""
    return {each["url"].partition("/")[0] for each in finding["exchanges"]}


@pytest.mark.parametrize(("fault", "law"), LAW_BY_FAULT.items())
def test_what_one_server_keeps_to_itself_breaks_a_law_of_the_kind(fault: str, law: str, tmp_path: Path) -> None:
    with harbour.quays(fault) as addresses:
        check(addresses, tmp_path, *command.rules(law))

    finding = failures(tmp_path)[law]
    assert servers(finding) == {"${BASE}", "${BASE_2}"}
    assert "${BASE_2}/" in finding["curl"]


@pytest.mark.parametrize(("fault", "law"), LAW_BY_FAULT.items())
def test_at_one_address_nobody_sees_it(fault: str, law: str, tmp_path: Path) -> None:
    with harbour.quays(fault) as addresses:
        check(addresses[:1], tmp_path, *command.rules(law))

    assert failures(tmp_path) == {}
    assert command.read_report(tmp_path / "out")["summary"]["passed"] > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_servers_that_share_everything_break_none(count: int, tmp_path: Path) -> None:
    with harbour.quays(count=count) as addresses:
        check(addresses, tmp_path, *command.rules(*LAWS))

    summary = command.read_report(tmp_path / "out")["summary"]
    assert (summary["failed"], summary["error"], summary["not checked"]) == (0, 0, 0)
