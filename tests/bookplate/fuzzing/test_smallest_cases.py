"""What generated requests have found is shown by the smallest request: each part of it is needed."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from bookplate.cli import main
from bookplate.contract.destructive import ends_caller
from bookplate.contract.document import Document
from bookplate.fixtures import User
from bookplate.fuzzing.evidence import Recorder
from bookplate.fuzzing.generator import Scope, run_fuzzing
from bookplate.fuzzing.plan import uses_up
from bookplate.fuzzing.smallest_cases import SmallestCases
from bookplate.laws.verdict import Finding, Verdict
from bookplate.smallest.mistakes import mistakes_of
from bookplate.smallest.parts import Parts
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.exchange import Exchange
from tests.fakes import quarry
from tests.fakes.quarry import QUERY, Order, Quarry
from tests.fakes.serving import opened

from .conftest import OF_GENERATED

pytestmark = pytest.mark.long

OPENAPI = Path(__file__).parents[3] / "openapi" / "openapi.yaml"
LIST, CREATE = "list_stones", "create_order"
ORDER = {"customer": {"name": "a"}, "lines": [{"stone": 1}]}
UNCHECKED = {name: schema for name, schema in QUERY.items() if name != "weight"}


@dataclass(frozen=True)
class Nobody:
    """Users of a service that asks for no credentials."""

    owner: User = field(default_factory=lambda: User("A", ""))
    stranger: User = field(default_factory=lambda: User("B", ""))

    def find(self, role: str) -> None:
        return None

    def disposable(self) -> User:
        return User("C", "")


@dataclass(frozen=True)
class Kind:
    """
    A kind of defect: the service that has it, the law that finds it, and what is left of a request that shows it.

    `is_shown` tells whether an answer with this status and content is the failure.
    """

    make: Callable[[], Quarry]
    rule: str
    operation: str
    target: str
    headers: Mapping[str, str]
    content: Any
    is_shown: Callable[[int, Any], bool] = lambda status, content: status == 500


def with_defect(defect: Callable[[Order], Any]) -> Callable[[], Quarry]:
    return lambda: Quarry(defect)


ENGRAVED = {"customer": {"name": "a"}, "lines": [{"stone": 1, "options": [{"code": "a", "engraving": ""}]}]}
KINDS = {
    "one parameter": Kind(
        with_defect(quarry.crashes_with_one_parameter), "ROBUST-01", LIST, "/stones?year_from=1000", {}, None
    ),
    "one member, deep in lists": Kind(
        with_defect(quarry.crashes_with_one_member), "ROBUST-01", CREATE, "/orders", {}, ENGRAVED
    ),
    "one header field": Kind(
        with_defect(quarry.crashes_with_one_header), "ROBUST-01", LIST, "/stones", {"X-Campaign": "a"}, None
    ),
    "the length of a text": Kind(
        with_defect(quarry.crashes_with_long_text), "ROBUST-01", LIST, f"/stones?text={'a' * 13}", {}, None
    ),
    "two parameters together": Kind(
        with_defect(quarry.breaks_its_schema_with_two_parameters),
        "SCHEMA-03",
        LIST,
        "/stones?sort={sort}&direction={direction}",
        {},
        None,
        lambda status, content: status == 200 and "total" not in content,
    ),
    "valid and refused": Kind(
        with_defect(quarry.refuses_what_is_valid),
        "SCHEMA-04",
        CREATE,
        "/orders",
        {},
        {**ORDER, "express": True},
        lambda status, content: status == 422,
    ),
    "forbidden and accepted": Kind(
        lambda: Quarry(checks=UNCHECKED),
        "SCHEMA-04",
        LIST,
        "/stones?weight={weight}",
        {},
        None,
        lambda status, content: status == 200,
    ),
}


@pytest.fixture(name="document", scope="module")
def _document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return Document.load(quarry.written(tmp_path_factory.mktemp("quarry")))


def found(
    url: str, document: Document, work: Path, operation: str, connection: Connection | None = None, **scope: Any
) -> list[Finding]:
    """Return what generated requests find at an operation."""
    what = Scope(1, examples=12, operations=(operation,), **scope)
    admission = Admission(connection or Connection())
    return run_fuzzing(document, url, Nobody(), OF_GENERATED, work, what, admission=admission).findings


def of_rule(findings: list[Finding], rule: str) -> Finding:
    return next(each for each in findings if each.rule_id == rule and each.verdict is Verdict.FAILED)


def request_of(finding: Finding, url: str, *, found_with: bool = False) -> Parts:
    """Return the request that a finding shows, in its parts."""
    last = (finding.found_with if found_with else finding.exchanges)[-1]
    sent = last["sent"]
    target = last["url"].removeprefix(url)
    exchange = Exchange(
        last["operation"],
        last["method"],
        url + target,
        list(map(tuple, sent["headers"])),
        sent["body"].encode(),
        0,
        [],
        b"",
    )
    return Parts.of(exchange)


@dataclass(frozen=True)
class Played:
    kind: Kind
    url: str
    finding: Finding


# At every change some are tried; what the search itself does with the others is in tests/bookplate/smallest.
AT_NIGHT = ("one parameter", "the length of a text", "valid and refused", "forbidden and accepted")
MARKED = [pytest.param(each, marks=pytest.mark.nightly if each in AT_NIGHT else ()) for each in KINDS]


@pytest.fixture(name="played", params=MARKED, scope="module")
def _played(
    request: pytest.FixtureRequest, document: Document, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """A service with a defect, which still runs, and what generated requests have found there."""
    kind = KINDS[request.param]
    with opened(kind.make()) as url:
        findings = found(url, document, Path(tmp_path_factory.mktemp("work")), kind.operation)
        yield Played(kind, url, of_rule(findings, kind.rule))


def test_each_part_that_is_left_is_needed(played: Played, document: Document) -> None:
    kind, url, finding = played.kind, played.url, played.finding
    smallest, operation = request_of(finding, url), document.operation(kind.operation)

    def shows(parts: Parts) -> bool:
        wire = parts.wire()
        answer = httpx.request(wire.method, wire.url, headers=list(wire.headers), content=wire.body)
        is_allowed = not mistakes_of(parts, operation)
        return kind.is_shown(answer.status_code, answer.json()) and is_allowed == (not mistakes_of(smallest, operation))

    assert shows(smallest)
    smaller = [smallest.without([place]) for depth in range(1, smallest.depth + 1) for place in smallest.places(depth)]
    assert not [parts.wire() for parts in smaller if shows(parts)]
    values = {pair.plain_name: pair.text for pair in smallest.tree["query"]}
    assert smallest.wire().url == url + kind.target.format(**values)
    assert {pair.name: pair.value for pair in smallest.tree["header"]} == kind.headers
    assert smallest.tree.get("content") == kind.content


def test_a_report_tells_what_was_left_out_and_how_it_was_found(played: Played) -> None:
    url, finding = played.url, played.finding

    told = r"\d+ of \d+ parts? of the request (was|were) left out; without any of the rest the failure is gone, .*"
    assert re.fullmatch(told, finding.smallest)
    assert request_of(finding, url, found_with=True).size > request_of(finding, url).size
    assert finding.found_with[-1]["status"] == finding.exchanges[-1]["status"]
    for name in ("year_to", "X-Branch", "remarks"):
        assert name not in finding.curl


def test_a_value_in_a_path_is_as_plain_as_it_can_be(document: Document, tmp_path: Path) -> None:
    with opened(Quarry(quarry.crashes_with_a_code_of_three)) as url:
        finding = of_rule(found(url, document, tmp_path, "show_cut"), "ROBUST-01")

    assert finding.exchanges[-1]["url"] == f"{url}/stones/aaa/cuts/1000"
    assert finding.smallest.startswith("values in its path were made plainer")


def test_a_failure_that_does_not_come_again_is_shown_as_it_was_found(document: Document, tmp_path: Path) -> None:
    with opened(Quarry(quarry.CrashesOnce())) as url:
        finding = of_rule(found(url, document, tmp_path, LIST), "ROBUST-01")

    assert "did not come again" in finding.smallest
    assert finding.verdict is Verdict.FAILED
    assert not finding.found_with
    assert "year_to" in finding.curl


def test_an_honest_service_gets_no_request_more(document: Document, tmp_path: Path) -> None:
    honest = Quarry()
    with opened(honest) as url:
        assert found(url, document, tmp_path / "one", LIST) == []
        sent = len(honest.sent)
        assert found(url, document, tmp_path / "two", LIST, enough="nothing that any law is called") == []

    assert len(honest.sent) == 2 * sent


def test_nobody_looks_at_what_the_settings_expect(document: Document, tmp_path: Path) -> None:
    names = [f"{rule} {LIST}" for rule in ("ROBUST-01", "SCHEMA-01", "SCHEMA-04", "ERR-01")]
    with opened(Quarry(quarry.crashes_with_one_parameter)) as url:
        findings = found(url, document, tmp_path, LIST, expected=names)

    assert {finding.smallest for finding in findings} == {""}


def test_what_is_sent_counts_against_the_limits_of_the_run(document: Document, tmp_path: Path) -> None:
    service = Quarry(quarry.crashes_with_one_header)
    with opened(service) as url:
        finding = of_rule(found(url, document, tmp_path, LIST, Connection(most_requests=60)), "ROBUST-01")

    assert len(service.sent) <= 60
    assert finding.verdict is Verdict.FAILED


def test_nothing_is_written_where_the_run_may_only_read(document: Document, tmp_path: Path) -> None:
    service = Quarry(quarry.crashes_with_one_header)
    with opened(service) as url:
        finding = of_rule(found(url, document, tmp_path, LIST, Connection(read_only=True)), "ROBUST-01")

    assert finding.smallest
    assert {line.split()[0] for line in service.sent} <= {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("name", "is_safe"),
    [
        ("list_books", True),
        ("create_book", True),
        ("replace_book", True),
        ("register_user", True),
        # Each of these may end or change who calls it, or others.
        ("log_in", False),
        ("log_out", False),
        ("refresh_tokens", False),
        ("update_me", False),
        ("delete_me", False),
        ("update_user", False),
        ("delete_user", False),
        ("clear_cache", False),
    ],
)
def test_nobody_is_ended_or_changed_for_a_smaller_request(name: str, is_safe: bool) -> None:
    document = Document.load(OPENAPI)
    operation = document.operation(name)
    cases = SmallestCases(
        Recorder(document, OF_GENERATED, {}),
        {name: operation},
        Admission(Connection()),
        lambda operation: [],
        dict,
        lambda operation: uses_up(operation) or ends_caller(operation) is not None,
        left_out=("get_user",),
    )

    assert cases.is_safe(operation, Exchange(name, operation.method, "http://h/", [], b"", 500, [], b"")) is is_safe
    other_method = Exchange(name, "TRACE", "http://h/", [], b"", 200, [], b"")
    assert not cases.is_safe(operation, other_method)
    left_out = document.operation("get_user")
    assert not cases.is_safe(left_out, Exchange("get_user", "GET", "http://h/", [], b"", 500, [], b""))


@pytest.mark.nightly
def test_a_fast_run_shows_it_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the terminal, in the script, and in report.json, which has the first request too."""
    output = tmp_path / "out"
    with opened(Quarry(quarry.crashes_with_one_member)) as url:
        arguments = [url, "--document", str(quarry.written(tmp_path)), "--fast", "--output", str(output)]
        assert main(arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    results = json.loads((output / "report.json").read_text(encoding="utf-8"))

    place = lines.index("  request   POST /orders")
    shown = json.loads(lines[place + 3])
    assert set(shown) == {"customer", "lines"}
    assert [set(line) for line in shown["lines"]] == [{"stone", "options"}]
    assert lines[place + 4].startswith("  smallest  ")
    script = (output / "scripts" / "ROBUST-01-create_order.sh").read_text(encoding="utf-8")
    assert '"engraving": ""' in script
    assert "X-Branch" not in script
    jsonschema.validate(results, json.loads((files("bookplate.report") / "report.schema.json").read_text()))
    finding = next(each for each in results["findings"] if (each["rule"], each["operation"]) == ("ROBUST-01", CREATE))
    assert finding["found_with"][-1]["sent"]["bytes"] > finding["exchanges"][-1]["sent"]["bytes"]
