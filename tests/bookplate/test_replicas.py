"""A service that runs more than once is checked at all its addresses, and what one server keeps to itself is seen."""

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.laws.verdict import CONFORMANT, SET_UP_ERROR
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
NOBODY = "http://127.0.0.1:9"  # where nothing answers
LAWS = [*LAW_BY_FAULT.values(), "CONC-04", "COND-02", "PAGE-01", "STATE-01", "STATE-02", "STATE-03"]

pytestmark = pytest.mark.long


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
    with harbour.quays(fault) as quays:
        check(quays.addresses, tmp_path, *command.rules(law))

    finding = failures(tmp_path)[law]
    assert servers(finding) == {"${BASE}", "${BASE_2}"}
    assert "${BASE_2}/" in finding["curl"]


@pytest.mark.parametrize(("fault", "law"), LAW_BY_FAULT.items())
def test_at_one_address_nobody_sees_it(fault: str, law: str, tmp_path: Path) -> None:
    with harbour.quays(fault) as quays:
        check(quays.addresses[:1], tmp_path, *command.rules(law))

    assert failures(tmp_path) == {}
    assert command.read_report(tmp_path / "out")["summary"]["passed"] > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_servers_that_share_everything_break_none(count: int, tmp_path: Path) -> None:
    with harbour.quays(count=count) as quays:
        check(quays.addresses, tmp_path, *command.rules(*LAWS))

    summary = command.read_report(tmp_path / "out")["summary"]
    assert (summary["failed"], summary["error"], summary["not checked"]) == (0, 0, 0)


def test_requests_of_a_sender_go_to_one_server_after_the_other_by_the_seed(tmp_path: Path) -> None:
    """The same seed sends each request to the same server, and another one begins at the other."""
    law = command.rules("STATE-01", "COND-01")
    sent = [requests_of(tmp_path, *law, *seed) for seed in ((), (), ("--seed", "2"))]

    assert sent[0] == sent[1]
    assert {server for server, _ in sent[0]} == {"quay1", "quay2"}
    assert [(OTHER[server], method) for server, method in sent[0]] == sent[2]


OTHER = {"quay1": "quay2", "quay2": "quay1"}


def requests_of(folder: Path, *arguments: str) -> list[tuple[str, str]]:
    """Return the server and the method of each request of a check, without what is asked before laws are tried."""
    with harbour.quays() as quays:
        check(quays.addresses, folder, *arguments)
    asked = quays.memory.asked
    first = next(place for place, (_, method, _) in enumerate(asked) if method == "POST")
    return [(server, method) for server, method, _ in asked[first:]]


def test_a_script_shows_the_failure_at_the_servers_of_the_run(tmp_path: Path) -> None:
    with harbour.quays(harbour.LIMITS) as quays:
        check(quays.addresses, tmp_path, *command.rules("RATE-01"))
        finding = failures(tmp_path)["RATE-01"]
        played = subprocess.run(["sh", finding["script"]], capture_output=True, text=True, check=False)

    assert (played.returncode, played.stderr) == (0, "")
    assert played.stdout.count("HTTP/1.1 200") == 2 * harbour.LIMIT
    assert finding["curl"].count('"${BASE_2}/tide"') == 1, "the requests are in a loop"
    assert finding["again"].startswith(f"python -m bookplate {quays.addresses[0]} --target {quays.addresses[1]} ")


def test_generated_requests_go_to_one_server_after_the_other(tmp_path: Path) -> None:
    """What one server alone does is found by them too, and shown at that server."""
    with harbour.quays(harbour.STATUSES) as quays:
        check(quays.addresses, tmp_path, *command.rules("SCHEMA-01"), "--operation", "get_tide", "--max-examples", "20")

    asked = Counter(server for server, _, path in quays.memory.asked if path == "/tide")
    finding = failures(tmp_path)["SCHEMA-01"]
    assert finding["phase"] == "generated requests"
    assert finding["exchanges"][-1]["url"] == "${BASE_2}/tide"
    assert "${BASE_2}" in finding["curl"]
    assert "left out" in finding["smallest"], "less of it was sent to that server too, with the token of its sender"
    assert min(asked.values()) > 5


def test_the_settings_name_addresses_too(tmp_path: Path) -> None:
    """They may name the target itself, so that one file is good for each of them."""
    settings = tmp_path / "bookplate.toml"
    with harbour.quays(harbour.KEYS) as quays:
        settings.write_text(f"[replicas]\naddresses = {json.dumps(quays.addresses)}\n", encoding="utf-8")
        check(quays.addresses[1:], tmp_path, "--config", str(settings), *command.rules("CONC-05"))

    assert servers(failures(tmp_path)["CONC-05"]) == {"${BASE}", "${BASE_2}"}


def test_an_address_of_the_settings_holds_no_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "bookplate.toml"
    settings.write_text("[replicas]\naddresses = ['http://u:secret@127.0.0.1:2']\n", encoding="utf-8")

    code = check([NOBODY], tmp_path, "--config", str(settings), "--dry-run")

    said = capsys.readouterr().err
    assert code == SET_UP_ERROR
    assert "holds a user or a password" in said
    assert "secret" not in said


def test_what_is_named_counts_and_not_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "bookplate.toml"
    settings.write_text(f"[replicas]\naddresses = ['{NOBODY}']\n", encoding="utf-8")
    with harbour.quays() as quays:
        code = check(quays.addresses, tmp_path, "--config", str(settings), *command.rules("COND-01"))

    assert code == CONFORMANT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["http://127.0.0.1:8001", "--target", "http://127.0.0.1:8002"],
            "http://127.0.0.1:8001 and http://127.0.0.1:8002",
        ),
        (["./server --port {port}", "--replicas", "3"], "./server --port {port}, 3 servers of it"),
    ],
)
def test_a_rehearsal_names_them(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "harbour.json"
    document.write_text(json.dumps(harbour.DOCUMENT), encoding="utf-8")

    main([*words, "--document", str(document), "--dry-run"])

    assert f"target    {told}\n" in capsys.readouterr().out


# What is no service at several addresses.


def test_an_address_that_does_not_answer_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with harbour.quays() as quays:
        code = check([quays.addresses[0], NOBODY], tmp_path, *command.rules("STATE-01"))

    assert code == SET_UP_ERROR
    assert f"nothing answers at {NOBODY}: start the server or mend the URL" in capsys.readouterr().err


@dataclass
class Shown:
    """A service that shows a document, and beside it nothing."""

    document: dict[str, Any] | None

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        return (200, {}, self.document) if self.document and target == "/openapi.json" else (404, {}, None)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({**harbour.DOCUMENT, "info": {"title": "Harbour", "version": "2"}}, "shows another document than"),
        (None, "is answered 404, and"),
    ],
    ids=["another release", "none"],
)
def test_an_address_of_another_service_ends_the_run(
    document: dict[str, Any] | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(Shown(harbour.DOCUMENT)) as one, opened(Shown(document)) as other:
        code = main([one, "--target", other, "--output", str(tmp_path / "out"), *command.rules("STATE-01")])

    said = capsys.readouterr().err
    assert code == SET_UP_ERROR
    assert f"{other}/openapi.json {told}" in said
    assert f"{one}/openapi.json" in said


def test_a_document_may_name_the_server_that_shows_it(tmp_path: Path) -> None:
    """Frameworks write their own address into `servers`."""
    documents = [{**harbour.DOCUMENT, "servers": [{"url": f"http://quay{number}/"}]} for number in (1, 2)]
    with opened(Shown(documents[0])) as one, opened(Shown(documents[1])) as other:
        code = main([one, "--target", other, "--output", str(tmp_path / "out"), *command.rules("STATE-01")])

    assert code != SET_UP_ERROR


ONE = "http://127.0.0.1:8001/api"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--target", ONE, "--target", "http://localhost:8001/api/"], "http://localhost:8001/api/ is named twice"),
        (["--target", ONE, "--target", "http://127.0.0.1:8002/v2"], "has the path '/v2', and"),
        ([ONE, "--target", "impl:create_app"], "'impl:create_app' is no URL: several targets are the addresses"),
        (["--target", "impl:create_app", "--target", ONE], "'impl:create_app' is no URL and cannot have addresses"),
        ([ONE, "--replicas", "2"], f"--replicas starts servers, and {ONE} is one that runs"),
        (["impl:create_app", "--replicas", "99"], "--replicas 99: 16 are the most"),
        (["impl:create_app", "--replicas", "0"], "'0' is no whole number above zero"),
        ([ONE, "--target", "http://u:p@127.0.0.1:8002/api"], "holds a user or a password"),
        ([ONE, "--target", "http://example.com/api"], "example.com is not this machine"),
    ],
)
def test_a_mistake_in_the_addresses_is_one_line(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "bookplate.toml"
    settings.write_text("", encoding="utf-8")

    try:
        code = main([*words, "--config", str(settings), "--dry-run"])
    except SystemExit as end:
        code = int(end.code or 0)

    said = capsys.readouterr().err
    assert code == SET_UP_ERROR
    assert told in said
    assert said.count("\n") == 1
