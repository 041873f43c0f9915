"""HAR and SARIF: what a failure is shown by, in the forms that other programs read, without secrets."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bookplate.laws.catalogue import Catalogue
from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.sarif import uri
from bookplate.wire.evidence import (
    BETWEEN,
    LONGEST_READ,
    LONGEST_SHOWN,
    MOST_IN_FULL,
    all_redacted,
    evidence_of,
    without_members,
)
from bookplate.wire.exchange import Exchange
from tests.bookplate import command
from tests.fakes import FOLDER
from tests.fakes.shelf import DOCUMENT

from .test_report import FINDINGS, write

Check = Callable[..., int]


def exchange(**changes: Any) -> Exchange:
    """Return an exchange of a log-in that is full of secrets."""
    usual: dict[str, Any] = {
        "operation_id": "log_in",
        "method": "POST",
        "url": "http://localhost/log-in?api_key=k3y-in-query&page_token=p1",
        "request_headers": [("Authorization", "Basic YWRhOnMzY3JldA=="), ("Idempotency-Key", "i-1"), ("X-Trace", "t")],
        "request_body": b'{"name": "ada", "password": "s3cret"}',
        "status": 200,
        "headers": [("content-type", "application/json"), ("set-cookie", "sid=c00kie"), ("www-authenticate", "Bearer")],
        "body": b'{"access_token": "t0ken", "token_type": "bearer", "next_page_token": "p2"}',
        "seconds": 0.25,
        "ended": 1_764_504_000.25,
    }
    return Exchange(**{**usual, **changes})


def archive(folder: Path, *exchanges: Exchange) -> dict[str, Any]:
    """Return the HAR of a failure that these exchanges show."""
    finding = Finding(
        "ROBUST-01", "create_shelf", Verdict.FAILED, observed="answered 500", exchanges=evidence_of(exchanges)
    )
    write(folder, [finding])
    read: dict[str, Any] = json.loads((folder / "report.har").read_text(encoding="utf-8"))
    return read


def test_the_exchanges_of_a_failure_are_an_archive_without_secrets(tmp_path: Path) -> None:
    log = archive(tmp_path, exchange())["log"]

    assert (log["version"], log["creator"]["name"]) == ("1.2", "bookplate")
    [entry] = log["entries"]
    assert entry["startedDateTime"] == "2025-11-30T12:00:00.000+00:00"
    assert entry["time"] == pytest.approx(250)
    assert entry["comment"] == "failed ROBUST-01 create_shelf: answered 500"
    sent, received = entry["request"], entry["response"]
    assert sent["url"] == "http://localhost/log-in?api_key=$HIDDEN&page_token=p1"
    assert sent["queryString"] == [{"name": "api_key", "value": "$HIDDEN"}, {"name": "page_token", "value": "p1"}]
    assert [each["value"] for each in sent["headers"]] == ["$HIDDEN", "i-1", "t"]
    assert sent["postData"]["text"] == '{"name": "ada", "password": "$HIDDEN"}'
    assert [each["value"] for each in received["headers"]] == ["application/json", "$HIDDEN", "Bearer"]
    assert received["content"]["text"] == (
        '{"access_token": "$HIDDEN", "token_type": "bearer", "next_page_token": "p2"}'
    )
    assert (received["status"], received["statusText"]) == (200, "OK")


def test_what_a_variable_stands_for_tells_who_called() -> None:
    sent = exchange(request_headers=[("Authorization", "Bearer 0123456789")], request_body=b"token=0123456789&x=1")

    [told] = evidence_of([sent], lambda text: text.replace("0123456789", "${TOKEN_A}"))

    assert told["sent"]["headers"] == [["Authorization", "Bearer ${TOKEN_A}"]]
    assert told["sent"]["body"] == "token=${TOKEN_A}&x=1"


def test_an_address_has_the_server_and_no_user() -> None:
    sent = exchange(url="http://ada:pw@localhost:8080/v1/x?token=abc")

    [told] = evidence_of([sent], lambda text: text.replace("http://ada:pw@localhost:8080", "${BASE}"))

    assert (told["url"], told["address"]) == (
        "${BASE}/v1/x?token=$HIDDEN",
        "http://localhost:8080/v1/x?token=$HIDDEN",
    )


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('{"apiKey":"a","PASSWORD" : "b\\"c","o":{"client_secret":"d"}}', 3),
        ("user=ada&password=a+b&refresh_token=c", 2),
        ('{"title": "a secret garden", "count": "3"}', 0),
        ('{"expires_token": "soon", "page_token": "p"}', 0),
    ],
)
def test_members_are_hidden_by_their_names(text: str, hidden: int) -> None:
    assert without_members(text).count("$HIDDEN") == hidden


def test_long_content_is_cut_and_a_flood_shows_its_end(tmp_path: Path) -> None:
    flood = [exchange(body=b"x" * (LONGEST_SHOWN + 1), ended=float(number)) for number in range(MOST_IN_FULL + 5)]

    told = evidence_of([*flood, exchange(body=b"y" * (LONGEST_READ + 1))])

    assert [("sent" in each) for each in told] == [False] * 6 + [True] * MOST_IN_FULL
    assert {len(each["received"]["body"]) for each in told[6:-1]} == {LONGEST_SHOWN}
    assert (told[-1]["received"]["body"], told[-1]["received"]["bytes"]) == ("", LONGEST_READ + 1)


def test_an_archive_holds_whatever_was_sent_and_received(tmp_path: Path) -> None:
    odd = exchange(
        url="http://[broken/?x", request_body=b"\x00\xff\x1b", body=b"\xed\xa0\x80\x9b", status=0, headers=[]
    )

    [entry] = archive(tmp_path, odd)["log"]["entries"]

    assert (entry["response"]["status"], entry["response"]["statusText"]) == (0, "no answer")
    assert entry["request"]["postData"]["text"] == "\x00\\xff\x1b"


def test_an_exchange_that_shows_two_failures_stands_once(tmp_path: Path) -> None:
    told = evidence_of([exchange()])
    both = [Finding(rule, "create_shelf", Verdict.FAILED, exchanges=told) for rule in ("ROBUST-01", "SCHEMA-01")]
    write(tmp_path, both)

    [entry] = json.loads((tmp_path / "report.har").read_text(encoding="utf-8"))["log"]["entries"]

    assert entry["comment"] == "failed ROBUST-01 create_shelf: \nfailed SCHEMA-01 create_shelf: "


def test_the_archive_of_a_run_has_the_requests_that_show_the_failure(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02") == 1

    text = (tmp_path / "out" / "report.har").read_text(encoding="utf-8")
    entries = json.loads(text)["log"]["entries"]
    assert "DELETE" in {entry["request"]["method"] for entry in entries}
    assert all(re.match(r"http://[a-z0-9.]+:\d+/v1/", entry["request"]["url"]) for entry in entries)
    fields = [field for entry in entries for field in entry["request"]["headers"]]
    shown = {field["value"] for field in fields if field["name"].lower() == "authorization"}
    assert shown == {"Bearer ${TOKEN_A}", "Bearer ${TOKEN_B}"} or shown == {"Bearer ${TOKEN_B}"}


def sarif_of(folder: Path) -> dict[str, Any]:
    [run] = json.loads((folder / "report.sarif").read_text(encoding="ascii"))["runs"]
    told: dict[str, Any] = run
    return told


def test_failures_and_warnings_are_results_of_sarif(tmp_path: Path) -> None:
    expected = Finding("SCHEMA-02", "create_shelf", Verdict.WARNED, reason="expected: we know", observed="x")
    write(tmp_path, [*FINDINGS, expected])

    run = sarif_of(tmp_path)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    told = [(each["ruleId"], each["level"], rules[each["ruleIndex"]]) for each in run["results"]]
    assert told == [
        ("AUTH-01", "warning", "AUTH-01"),
        ("ROBUST-01", "error", "ROBUST-01"),
        ("ROBUST-01", "error", "ROBUST-01"),
        ("SCHEMA-02", "error", "SCHEMA-02"),
    ]
    [place] = run["results"][1]["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 7}
    assert place["physicalLocation"]["artifactLocation"]["uri"] == uri(str(DOCUMENT))
    assert place["logicalLocations"] == [{"name": "create_shelf", "kind": "function"}]
    assert run["results"][3]["suppressions"] == [{"kind": "external", "justification": "we know"}]
    assert len({each["partialFingerprints"]["bookplate/v1"] for each in run["results"]}) == 4
    [invocation] = run["invocations"]
    assert (invocation["exitCode"], invocation["startTimeUtc"]) == (1, "2026-11-30T12:00:00Z")
    assert len(invocation["toolExecutionNotifications"]) == 1


def test_a_rule_of_sarif_has_the_page_of_its_law_and_its_risks_as_tags(tmp_path: Path) -> None:
    write(tmp_path, [Finding("AUTHZ-03", "create_shelf", Verdict.FAILED, observed="shown")])

    [rule] = sarif_of(tmp_path)["tool"]["driver"]["rules"]
    law = Catalogue.shipped()["AUTHZ-03"]
    assert rule["properties"]["tags"] == [
        "security",
        "AUTHZ",
        "OWASP API1:2023 Broken Object Level Authorization",
        "OWASP API3:2023 Broken Object Property Level Authorization",
    ]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert "## Usual mistakes" in rule["help"]["markdown"]
    assert " ".join(law.faults[0].description.split()) in " ".join(rule["help"]["markdown"].split())


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("openapi/openapi.yaml", "openapi/openapi.yaml"),
        ("my api.yaml", "my%20api.yaml"),
        ("/a b.yaml", "file:///a%20b.yaml"),
        ("http://127.0.0.1:80/openapi.json", "http://127.0.0.1:80/openapi.json"),
        ("http://x/a b\ud800", "http://x/a%20b?"),
    ],
)
def test_a_place_is_a_uri(file: str, shown: str) -> None:
    assert uri(file) == shown


def test_a_place_is_read_from_the_root_of_the_repository(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code scanning knows the checkout alone, and not the folder in it that a step has run in."""
    service = tmp_path / "services" / "toy"
    service.mkdir(parents=True)
    shutil.copy(FOLDER / "toy.yaml", service / "toy.yaml")
    monkeypatch.chdir(service)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))

    check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02", "--document", "toy.yaml")

    places = [each["locations"][0]["physicalLocation"] for each in sarif_of(tmp_path / "out")["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"services/toy/toy.yaml"}


def test_sarif_says_which_results_are_new(check: Check, tmp_path: Path) -> None:
    assert check("tests.fakes.toy:create_app", "--rule", "AUTHZ-02") == 0
    earlier = tmp_path / "earlier.json"
    (tmp_path / "out" / "report.json").rename(earlier)

    check("tests.fakes.bad_targets:without_owner_check", "--rule", "AUTHZ-02", "--compare", str(earlier))

    assert {each["baselineState"] for each in sarif_of(tmp_path / "out")["results"]} == {"new"}
    assert command.read_report(tmp_path / "out")["rules"][0]["owasp"] == ["API1:2023"]


def test_a_text_may_hold_what_stands_between_two_texts() -> None:
    texts = ["a secret", f"a{BETWEEN}secret", ""]

    assert all_redacted(texts, lambda text: text.replace("secret", "$S")) == ["a $S", f"a{BETWEEN}$S", ""]
