"""Generated requests travel by the rules that the suite's own requests keep, and what they find is told."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from schemathesis.transport import requests as transport

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.fuzzing.encodable import encodable
from bookplate.fuzzing.generator import Scope, run_fuzzing
from bookplate.fuzzing.session import use
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.law import Invariant
from bookplate.laws.verdict import Verdict
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.credential import Credential
from bookplate.wire.outcomes import NotChecked
from tests.fakes.wire_server import Answers, answered, serving

# Invariants that look at nothing but exchanges have tests of their own.
OF_GENERATED = Catalogue(law for law in Catalogue.shipped() if law.checks or not isinstance(law, Invariant))
JSON = "Content-Type: application/json"
LAMP: dict[str, Any] = {"type": "object", "properties": {"watts": {}}}


class Nobody:
    """Who has no token, in every role."""

    has_credentials = False

    @property
    def owner(self) -> "Nobody":
        return self

    stranger = owner

    def shown_to(self, operation: Operation, /) -> Credential:
        return Credential()

    def secrets(self) -> list[str]:
        return []

    def find(self, role: str) -> None:
        return None

    def disposable(self) -> "Nobody":
        return self


def operation(name: str, **more: Any) -> dict[str, Any]:
    answer = {"description": "A lamp.", "content": {"application/json": {"schema": LAMP}}}
    return {"operationId": name, "responses": {"200": answer}, **more}


LAMPS: dict[str, Any] = {"/lamps": {"get": operation("list_lamps")}}


def played(
    answers: Answers, folder: Path, paths: dict[str, Any] = LAMPS, connection: Connection | None = None
) -> FuzzingResult:
    """Send generated requests to a server that answers so."""
    file = folder / "lamps.yaml"
    raw = {"openapi": "3.0.3", "info": {"title": "Lamps", "version": "1"}, "paths": paths}
    file.write_text(yaml.safe_dump(raw), encoding="utf-8")
    admission = Admission(connection or Connection(timeout=3))
    with serving(answers, keeps=True) as url:
        return run_fuzzing(
            Document.load(file), url, Nobody(), OF_GENERATED, folder, Scope(1, examples=3), admission=admission
        )


def found(result: FuzzingResult) -> set[tuple[str, str | None, Verdict]]:
    """Return what was found of answers; the server of these tests serves every method."""
    findings = [finding for finding in result.findings if finding.rule_id.startswith("SCHEMA")]
    return {(finding.rule_id, finding.operation_id, finding.verdict) for finding in findings}


def test_good_answers_are_no_finding(tmp_path: Path) -> None:
    body = gzip.compress(b'{"watts": 60}')

    assert found(played(answered(body, JSON, "Content-Encoding: gzip"), tmp_path)) == set()


def test_an_undocumented_redirect_is_judged_where_it_stands(tmp_path: Path) -> None:
    def elsewhere(request: bytes) -> Iterator[bytes | float]:
        place = request.split(b" ", 2)[1]
        if place.startswith(b"/lamps/"):
            yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        else:
            yield b"HTTP/1.1 307 Elsewhere\r\nLocation: /lamps/\r\nContent-Length: 0\r\n\r\n"

    assert ("SCHEMA-01", "list_lamps", Verdict.FAILED) in found(played(elsewhere, tmp_path))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (answered(b"{}", JSON, "Content-Encoding: gzip"), "Content-Encoding is gzip, and the content is not"),
        (answered(b'{"watts": NaN}', JSON), "application/json is no JSON: NaN is no JSON"),
        (answered(b'{"watts": "\xe4"}', JSON), "application/json is no JSON: it is not UTF-8"),
        (answered(b'{"watts"', JSON), "application/json is no JSON"),
    ],
)
def test_content_that_cannot_be_read_breaks_the_law_of_content_once(
    answers: Answers, reason: str, tmp_path: Path
) -> None:
    result = played(answers, tmp_path)

    assert found(result) == {("SCHEMA-03", "list_lamps", Verdict.FAILED)}
    about_content = [finding for finding in result.findings if finding.rule_id == "SCHEMA-03"]
    assert len(about_content) == 1
    assert reason in about_content[0].observed


def test_content_that_ends_early_breaks_the_law_of_content(tmp_path: Path) -> None:
    def ends_early(request: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{}"
        raise OSError("the server closes the connection")

    assert found(played(ends_early, tmp_path)) == {("SCHEMA-03", "list_lamps", Verdict.FAILED)}


def test_a_name_that_stands_twice_is_advice(tmp_path: Path) -> None:
    result = played(answered(b'{"watts": 40, "watts": 60}', JSON), tmp_path)

    assert found(result) == {("SCHEMA-03", "list_lamps", Verdict.WARNED)}
    assert [finding for finding in result.findings if "two members are called 'watts'" in finding.observed]


def test_no_proxy_of_the_environment_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert played(answered(b"{}", JSON), tmp_path).generated_2xx["list_lamps"] > 0


def counting(count: list[str]) -> Answers:
    def answers(request: bytes) -> Iterator[bytes | float]:
        count.append(request.split(b" ", 1)[0].decode())
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    return answers


def test_no_more_requests_are_generated_than_a_run_may_send(tmp_path: Path) -> None:
    sent: list[str] = []

    result = played(counting(sent), tmp_path, connection=Connection(most_requests=4))

    assert len(sent) == 4
    assert result.problems == {"list_lamps": "requests: --max-requests were used up"}


def test_a_run_that_only_reads_generates_requests_that_only_read(tmp_path: Path) -> None:
    sent: list[str] = []
    content = {"required": True, "content": {"application/json": {"schema": LAMP}}}
    paths = {"/lamps": {"get": operation("list_lamps"), "post": operation("add_lamp", requestBody=content)}}

    result = played(counting(sent), tmp_path, paths, Connection(read_only=True))

    assert set(sent) <= {"GET", "HEAD", "OPTIONS"}
    assert result.problems == {"add_lamp": "--read-only: it needs a POST"}
    assert result.generated_2xx["list_lamps"] > 0


def test_header_fields_of_the_run_are_sent(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def answers(request: bytes) -> Iterator[bytes | float]:
        seen.append(request)
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    played(answers, tmp_path, connection=Connection(headers=(("X-Team", "lamps"),)))

    assert all(b"X-Team: lamps" in request for request in seen)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": r"^(?<!a)(?P<b>c)\p{L}++$"},
        {"$ref": "#/components/schemas/Missing"},
        {"type": "object", "required": ["self"], "properties": {"self": {"$ref": "#/paths/~1odd/post/x-loop"}}},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "minLength": 10**9},
        {"enum": []},
        {"type": "string", "default": "\ud83d"},
    ],
)
def test_an_operation_for_which_nothing_can_be_generated_costs_only_itself(schema: Any, tmp_path: Path) -> None:
    content = {"required": True, "content": {"application/json": {"schema": schema}}}
    odd = operation("add_odd", requestBody=content, **{"x-loop": schema})
    paths = {"/odd": {"post": odd}, **LAMPS}

    result = played(answered(json.dumps({"watts": 60}).encode(), JSON), tmp_path, paths)

    assert result.generated_2xx["list_lamps"] > 0
    assert not [finding for finding in result.findings if finding.verdict is Verdict.ERROR]
    assert set(result.problems) <= {"add_odd"}
    assert result.problems.get("add_odd") or result.cases["add_odd"]


@pytest.mark.parametrize("status", ["404 Not Found", "400 Bad Request", "403 Forbidden", "501 Not Implemented"])
def test_a_wrong_method_may_be_refused_in_other_ways_than_405(status: str, tmp_path: Path) -> None:
    def answers(request: bytes) -> Iterator[bytes | float]:
        line = "200 OK" if request.startswith(b"GET") else status
        yield f"HTTP/1.1 {line}\r\n{JSON}\r\nContent-Length: 2\r\n\r\n{{}}".encode()

    findings = played(answers, tmp_path).findings

    assert [finding for finding in findings if finding.rule_id in ("ROBUST-01", "ROBUST-02")] == []


def test_a_wrong_method_must_not_be_served_nor_refused_without_allow(tmp_path: Path) -> None:
    served = played(answered(b"{}", JSON), tmp_path).findings
    refused = played(answered(b"{}", JSON, status="405 Method Not Allowed"), tmp_path).findings

    assert "ROBUST-02" in {finding.rule_id for finding in served}
    assert "ROBUST-02" in {finding.rule_id for finding in refused}


UNREAD = {"$ref": "https://schemas.example/lamps.yaml#/Lamp"}


def test_nobody_knows_what_is_valid_where_a_schema_was_not_read(tmp_path: Path) -> None:
    lamp = {"type": "object", "properties": {"bulb": UNREAD}}
    content = {"required": True, "content": {"application/json": {"schema": lamp}}}
    answers = {"200": {"description": "added"}, "422": {"description": "no"}}
    paths = {"/lamps": {"put": {"operationId": "put_lamp", "requestBody": content, "responses": answers}}}

    refusing = answered(b"{}", JSON, status="422 No")

    assert ("SCHEMA-04", "put_lamp", Verdict.FAILED) not in found(played(refusing, tmp_path, paths))


def test_a_method_that_was_left_out_is_documented_all_the_same(tmp_path: Path) -> None:
    paths = {"/lamps": {"get": operation("list_lamps", parameters=[UNREAD]), "options": operation("ask_lamps")}}

    findings = played(answered(b"{}", JSON), tmp_path, paths).findings

    assert not [
        each
        for each in findings
        if "a method that the document does not have" in each.observed and "GET" in each.observed
    ]
    assert [each for each in findings if "a method that the document does not have" in each.observed]


@pytest.mark.parametrize(
    ("content", "as_read"),
    [
        (rb'{"a": "lone \ud83d half"}', rb'{"a": "lone \ufffd half"}'),
        (rb'{"a": "\uDE00"}', rb'{"a": "\ufffd"}'),
        (rb'{"\ud83d\ud83d": 1}', rb'{"\ufffd\ufffd": 1}'),
        (rb'{"a": "a pair \ud83d\ude00, and a \u00e9"}', None),
        (rb'{"a": "a backslash \\ud83d", "b": "\\\\"}', None),
    ],
)
def test_half_of_a_surrogate_pair_is_written_as_something_that_can_be_encoded(
    content: bytes, as_read: bytes | None
) -> None:
    assert encodable(content) == (as_read or content)
    json.dumps(json.loads(encodable(content)), ensure_ascii=False).encode()


def test_what_has_no_form_in_utf_8_does_not_end_the_generator(tmp_path: Path) -> None:
    """A service may keep half of a surrogate pair, and show it in every answer."""
    lamp = operation("get_lamp", parameters=[{"name": "id", "in": "path", "required": True, "schema": {}}])
    body = rb'{"watts": "lone \ud83d half", "id": "\ud83d"}'

    result = played(answered(body, JSON), tmp_path, {**LAMPS, "/lamps/{id}": {"get": lamp}})

    assert (found(result), result.problems) == (set(), {})
    assert result.generated_2xx.keys() == {"list_lamps", "get_lamp"}


@pytest.mark.parametrize("name", ["ManagedCookiesSession", "SameHostRedirectsSession"])
def test_each_session_of_the_engine_asks_whether_it_may_send(name: str) -> None:
    """Some checks open one of their own, to ask again without credentials."""
    with serving(answered(b"{}", JSON)) as url:
        use(Admission(Connection(most_requests=1)), 60)
        session = getattr(transport, name)()
        first = session.get(url)
        with pytest.raises(NotChecked, match="--max-requests"):
            session.get(url)
        session.close()

    assert first.status_code == 200
