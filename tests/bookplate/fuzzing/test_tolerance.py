"""What schemathesis finds and a standard allows is no finding, and what looked at nothing is no test of a law."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.engine import Status
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import CoverageScenario
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    AuthScenario,
    IgnoredAuth,
    JsonSchemaError,
    MissingHeaderNotRejected,
    MissingHeaders,
    RejectedPositiveData,
    UndefinedContentType,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
    UseAfterFree,
)

from bookplate.contract.document import Document
from bookplate.fuzzing import relevance
from bookplate.fuzzing.evidence import Recorder
from bookplate.fuzzing.relevance import Seen, puts_to_the_test
from bookplate.fuzzing.tolerance import has_opened_nothing, is_about_a_file, is_asked_for, is_conformant
from bookplate.laws.catalogue import Catalogue
from bookplate.wire.exchange import Exchange

LAMPS = "GET /lamps"
NO_CREDENTIALS = IgnoredAuth(operation=LAMPS, message="", scenario=next(iter(AuthScenario)), case_id="without")
FOUND: dict[str, Failure] = {
    "not_a_server_error": ServerError(operation=LAMPS, status_code=0),
    "status_code_conformance": UndefinedStatusCode(
        operation=LAMPS, status_code=0, defined_status_codes=[], allowed_status_codes=[], message=""
    ),
    "content_type_conformance": UndefinedContentType(
        operation=LAMPS, message="", content_type="text/html", defined_content_types=[]
    ),
    "response_headers_conformance": MissingHeaders(operation=LAMPS, message="", missing_headers=["X-Room"]),
    "positive_data_acceptance": RejectedPositiveData(
        operation=LAMPS, message="", status_code=0, allowed_statuses=["2xx"]
    ),
    "negative_data_rejection": AcceptedNegativeData(
        operation=LAMPS, message="", status_code=0, expected_statuses=["422"]
    ),
    "missing_required_header": MissingHeaderNotRejected(
        operation=LAMPS, header_name="X-Room", status_code=0, expected_statuses=[400], message=""
    ),
    "unsupported_method": UnsupportedMethodResponse(
        operation=LAMPS, method="PUT", status_code=0, failure_reason="wrong_status", message=""
    ),
    "allow_header_conformance": AllowHeaderMismatch(
        operation=LAMPS, allow_header="", missing_methods=["GET"], undocumented_methods=[], message=""
    ),
    "use_after_free": UseAfterFree(operation=LAMPS, message="", free="", usage="", deleted_case_id="1"),
}
STATUSES = (200, 302, 401, 408, 413, 414, 429, 431, 500, 503)
# At which of these statuses a finding of a check is dropped, and at which the check has looked at something.
ALL, NONE = STATUSES, ()
EARLY = (408, 413, 414, 429, 431, 503)
DROPPED: dict[str, tuple[int, ...]] = {
    "not_a_server_error": NONE,
    "status_code_conformance": NONE,
    "content_type_conformance": NONE,
    "response_headers_conformance": NONE,
    "positive_data_acceptance": EARLY,
    "negative_data_rejection": (302, 401, 408, 413, 414, 429, 431),
    "missing_required_header": (302, 401, *EARLY),
    "unsupported_method": (302, 401, *EARLY),
    "allow_header_conformance": (302, *EARLY),
    "use_after_free": (302,),
}
JUDGED: dict[str, tuple[int, ...]] = {
    "not_a_server_error": (200, 401, 500),
    "status_code_conformance": ALL,
    "content_type_conformance": (200,),
    "response_schema_conformance": (200,),
    "positive_data_acceptance": (200,),
    "negative_data_rejection": (200,),
    "missing_required_header": (200, 500),
    "unsupported_method": (200, 500),
    "use_after_free": (200, 500),
    "ignored_auth": (200,),
}


def lamps(*documented: str) -> Document:
    content = {"application/json": {"schema": {"type": "object"}}}
    get = {
        "operationId": "list_lamps",
        "security": [{"key": []}],
        "responses": {
            "200": {"description": "All.", "content": content},
            **{status: {"description": "Refused."} for status in documented},
        },
    }
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "Lamps", "version": "1"},
        "paths": {"/lamps": {"get": get}},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    return Document(Path("lamps.yaml"), raw, {})


def answer(status: int, **headers: Any) -> Any:
    return SimpleNamespace(status_code=status, request=SimpleNamespace(method="GET"), headers=headers)


@pytest.mark.parametrize("check", FOUND)
def test_findings_are_dropped_where_something_else_has_answered(check: str) -> None:
    operation = lamps().operation("list_lamps")

    dropped = [status for status in STATUSES if is_conformant(FOUND[check], answer(status), "get", operation)]

    assert sorted(dropped) == sorted(DROPPED[check])


@pytest.mark.parametrize(
    ("status", "documented", "is_right"),
    [
        (200, (), False),
        (400, (), True),  # what was shown is written as no credentials are
        (422, (), True),
        (500, (), False),
        (400, ("401",), False),
        (200, ("401",), False),
        (500, ("401",), False),
    ],
)
def test_any_refusal_of_false_credentials_will_do_where_the_document_has_no_401(
    status: int, documented: tuple[str, ...], is_right: bool
) -> None:
    operation = lamps(*documented).operation("list_lamps")

    assert has_opened_nothing(NO_CREDENTIALS, {"with": 200, "without": status}, operation) is is_right


def exchange(status: int, method: str = "GET") -> Exchange:
    fields = [("content-type", "application/json")]
    return Exchange("list_lamps", method, "http://127.0.0.1:1/lamps", [], b"", status, fields, b"{}")


def case(mode: GenerationMode | None = None, parent: str | None = None) -> Any:
    meta = SimpleNamespace(generation=SimpleNamespace(mode=mode)) if mode else None
    return SimpleNamespace(value=SimpleNamespace(meta=meta), parent_id=parent, transition=None)


def seen(check: str, status: int) -> Seen:
    """Return an exchange of the kind that a check is about, with what went before it."""
    document = lamps()
    mode = {"positive_data_acceptance": GenerationMode.POSITIVE, "negative_data_rejection": GenerationMode.NEGATIVE}
    shown = exchange(status, "PUT" if check == "unsupported_method" else "GET")
    scenario = {"0": exchange(204, "DELETE"), "1": shown}
    return Seen(shown, document.operation("list_lamps"), "1", {"0": case(), "1": case(mode.get(check))}, scenario)


@pytest.mark.parametrize("check", JUDGED)
def test_a_check_has_looked_at_something_only_where_the_answer_is_about_it(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relevance, "coverage_scenario", lambda _: CoverageScenario.MISSING_PARAMETER)

    judged = [status for status in STATUSES if puts_to_the_test(check, seen(check, status))]

    assert sorted(judged) == sorted(JUDGED[check])


@pytest.mark.parametrize("failure", ["negative_data_rejection", "missing_required_header", "use_after_free"])
def test_a_redirect_that_is_documented_has_served_the_request(failure: str) -> None:
    raw = lamps().plain()
    raw["paths"]["/lamps"]["get"]["responses"]["302"] = {"description": "Over there."}
    operation = Document(Path("lamps.yaml"), raw, {}).operation("list_lamps")

    assert not is_conformant(FOUND[failure], answer(302), "get", operation)


@pytest.mark.parametrize(("says_when", "is_documented", "allowed"), [(1, 1, True), (0, 1, False), (1, 0, False)])
def test_a_documented_pause_is_no_crash(says_when: int, is_documented: int, allowed: bool) -> None:
    raw = lamps().plain()
    if is_documented:
        raw["paths"]["/lamps"]["get"]["responses"]["503"] = {"description": "Come back later."}
    operation = Document(Path("lamps.yaml"), raw, {}).operation("list_lamps")
    paused = answer(503, **({"retry-after": ["5"]} if says_when else {}))

    assert is_conformant(FOUND["not_a_server_error"], paused, "get", operation) is allowed


@pytest.mark.parametrize("check", ["not_a_server_error", "positive_data_acceptance"])
@pytest.mark.parametrize(("documented", "allowed"), [("501", True), ("5XX", False), ("default", False)])
def test_a_501_is_no_crash_where_it_is_documented_by_its_number(check: str, documented: str, allowed: bool) -> None:
    raw = lamps().plain()
    raw["paths"]["/lamps"]["get"]["responses"][documented] = {"description": "There is no bulb."}
    operation = Document(Path("lamps.yaml"), raw, {}).operation("list_lamps")

    assert is_conformant(FOUND[check], answer(501), "get", operation) is allowed


@pytest.mark.parametrize(("written", "is_dropped"), [("binary", True), ("byte", False), (None, False)])
def test_the_content_of_a_file_is_no_text(written: str | None, is_dropped: bool) -> None:
    raw = lamps().plain()
    (error,) = jsonschema_rs.Draft202012Validator({"type": "string"}).iter_errors({})
    found = JsonSchemaError(operation=LAMPS, exc=error, root_schema={"type": "string"})
    schema = {"type": "string"} | ({"format": written} if written else {})
    raw["paths"]["/lamps"]["get"]["responses"]["200"]["content"] = {"text/x-yaml": {"schema": schema}}
    operation = Document(Path("lamps.yaml"), raw, {}).operation("list_lamps")
    shown = answer(200, **{"content-type": ["text/x-yaml"]})

    assert is_about_a_file(found, shown, operation) is is_dropped
    assert not is_about_a_file(FOUND["status_code_conformance"], shown, operation)


@pytest.mark.parametrize(("status", "is_told"), [(400, True), (422, True), (404, False), (401, False), (200, False)])
def test_a_refusal_that_is_dropped_as_a_parameter_breaks_its_schema_is_counted(status: int, is_told: bool) -> None:
    raw = lamps().plain()
    raw["paths"]["/lamps"]["get"]["parameters"] = [
        {"name": "room", "in": "query", "schema": {"type": "string", "pattern": "^[a-z]+$"}}
    ]
    recorder = Recorder(Document(Path("lamps.yaml"), raw, {}), Catalogue.shipped(), {})
    sent = case(GenerationMode.POSITIVE)
    vars(sent.value).update(path_parameters={}, query={"room": "7"}, headers={}, cookies={})
    node: Any = SimpleNamespace(name="positive_data_acceptance", status=Status.SUCCESS, failure_info=None)
    scenario: Any = SimpleNamespace(cases={"1": sent})

    recorder.check(node, "1", scenario, {"1": exchange(status)})

    words = "refused requests with a parameter that breaks its schema (room): 1"
    assert recorder.result().doubted == ({("SCHEMA-04", "list_lamps"): words} if is_told else {})


DOCUMENTED = {"500": "asked for", "200": "done"}
ECHO = {"path": {"status": "200,500"}, "query": {"wait": 3}}


@pytest.mark.parametrize(
    ("check", "status", "documented", "sent", "is_dropped"),
    [
        ("not_a_server_error", 500, DOCUMENTED, ECHO, True),
        ("positive_data_acceptance", 500, DOCUMENTED, ECHO, True),
        ("not_a_server_error", 500, DOCUMENTED, {"query": {"status": 500}}, True),
        ("not_a_server_error", 500, DOCUMENTED, {"path": {"status": "0"}}, False),
        ("not_a_server_error", 500, DOCUMENTED, {"path": {"status": "1500"}, "query": None}, False),
        ("not_a_server_error", 500, {"200": "done"}, ECHO, False),
        ("not_a_server_error", 502, DOCUMENTED, {"path": {"status": "502"}}, False),
        ("status_code_conformance", 500, DOCUMENTED, ECHO, False),
    ],
)
def test_a_documented_server_error_is_one_unless_its_number_is_asked_for(
    check: str, status: int, documented: dict[str, str], sent: Any, is_dropped: bool
) -> None:
    raw = lamps().plain()
    raw["paths"]["/lamps"]["get"]["responses"] = {key: {"description": text} for key, text in documented.items()}
    operation = Document(Path("lamps.yaml"), raw, {}).operation("list_lamps")

    assert is_asked_for(FOUND[check], status, sent, operation) is is_dropped


@pytest.mark.parametrize(("status", "times"), [(429, 0), (503, 0), (500, 1), (200, 1)])
def test_a_limit_that_answers_in_place_of_the_door_says_nothing_of_it(status: int, times: int) -> None:
    """The check sends the request again without credentials, and reports it with the answer that came with them."""
    document = lamps()
    recorder = Recorder(document, Catalogue.shipped(), {})
    node: Any = SimpleNamespace(
        name="ignored_auth", status=Status.FAILURE, failure_info=SimpleNamespace(failure=NO_CREDENTIALS)
    )
    cases = {"with": case(), "without": case(parent="with")}
    scenario: Any = SimpleNamespace(cases=cases, iter_chain_cases=lambda **_: [])

    recorder.check(node, "with", scenario, {"with": exchange(200), "without": exchange(status)})

    assert recorder.counted.judged["AUTH-01", "list_lamps"] == times
    assert [finding.rule_id for finding in recorder.result().findings] == ["AUTH-01"] * times


def test_a_success_is_no_test_of_the_door_where_a_limit_refused_those_without_credentials() -> None:
    cases = {"with": case(), "without": case(parent="with")}
    operation = lamps().operation("list_lamps")

    limited = Seen(exchange(200), operation, "with", cases, {"with": exchange(200), "without": exchange(429)})
    refused = Seen(exchange(200), operation, "with", cases, {"with": exchange(200), "without": exchange(401)})

    assert not puts_to_the_test("ignored_auth", limited)
    assert puts_to_the_test("ignored_auth", refused)
