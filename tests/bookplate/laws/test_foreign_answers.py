"""Answers of conformant services of other kinds, on which no invariant fails, and some that break one."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.contract.seen import SeenService
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import Coverage
from bookplate.laws.law import Invariant
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked, Violation
from tests.bookplate.law_modules import law_module

JSON = ("content-type", "application/json")
PROBLEM = ("content-type", "application/problem+json")
SHAPE = {"application/json": {"schema": {"type": "object", "required": ["reason"]}}}


def document(responses: dict[str, Any] | None = None, *, says: str = "") -> Document:
    """Return a document with one operation, whose answers are given; `says` is its description."""
    answers = {"200": {"description": "A lamp."}, **(responses or {})}
    paths = {"/lamps": {"get": {"operationId": "list_lamps", "responses": answers}}}
    raw = {"openapi": "3.0.3", "info": {"title": "Lamps", "version": "1", "description": says}, "paths": paths}
    return Document(Path("lamps.yaml"), raw, {})


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> Exchange:
    return Exchange("list_lamps", "GET", "http://127.0.0.1:1/lamps", [], b"", status, list(headers), body)


def problem_of(law_id: str, exchange: Exchange, of: Document, operation: Operation | None = None) -> str:
    """Return what an invariant says against an exchange; an empty text where it says nothing."""
    law = Catalogue.shipped()[law_id]
    assert isinstance(law, Invariant)
    try:
        law.judge(exchange, operation or of.operation("list_lamps"), of)
    except Violation as violation:
        return violation.observed
    return ""


@pytest.mark.parametrize(
    "field",
    [
        ("ratelimit", '"reads";r=9;t=60'),
        ("ratelimit", "reads;r=9;t=60"),
        ("ratelimit", "limit=10, remaining=9, reset=60"),
        ("ratelimit-policy", '"reads";q=10;w=60'),
        ("ratelimit-policy", "10;w=60, 100;w=3600"),
        ("ratelimit-limit", "10, 10;w=60"),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "authorization"),
        ("cache-control", "no-cache, no-store, must-revalidate, private"),
        ("etag", 'W/"7"'),
        ("server", "lamps/1.2 (linux)"),
        ("x-powered-by", "patience"),
        ("set-cookie", "__Host-id=7; Path=/"),
        ("pragma", "no-cache"),
        ("date", "Mon, 01 Jan 2001 00:00:00 GMT"),
    ],
)
def test_fields_that_their_specifications_allow_are_let_pass(field: tuple[str, str]) -> None:
    assert problem_of("HTTP-01", answer(200, JSON, field), document()) == ""


@pytest.mark.parametrize("text", ["eleven left;", "10/60", '"reads'])
def test_limits_in_no_published_form_are_refused(text: str) -> None:
    assert problem_of("HTTP-01", answer(200, JSON, ("ratelimit", text)), document()).startswith("ratelimit: ")


def test_limits_are_judged_by_the_draft_that_the_document_names() -> None:
    old = answer(200, JSON, ("ratelimit", "limit=10, remaining=9, reset=60"))

    assert problem_of("HTTP-01", old, document(says="See draft-ietf-httpapi-ratelimit-headers-11."))
    assert not problem_of("HTTP-01", old, document(says="See draft-ietf-httpapi-ratelimit-headers-07."))


def test_bytes_of_any_kind_in_fields_are_no_crash() -> None:
    odd = answer(200, JSON, ("x-name", "J\xf6rg"), ("ratelimit", "\xf6"), ("x-\xf6", "a"))

    assert "ratelimit: " in problem_of("HTTP-01", answer(200, JSON, ("ratelimit", "\xf6")), document())
    assert problem_of("HTTP-01", odd, document())


ONE_SHAPE = {"400": {"description": "No.", "content": SHAPE}, "404": {"description": "No.", "content": SHAPE}}


def test_a_document_without_a_common_shape_of_errors_promises_none() -> None:
    assert problem_of("ERR-01", answer(500, ("content-type", "text/html"), body=b"<h1>"), document()) == ""


def test_a_status_with_content_of_its_own_is_not_held_to_the_common_shape() -> None:
    text = {"text/plain": {"schema": {"type": "string"}}}
    responses = {**ONE_SHAPE, "429": {"description": "Slow down.", "content": text}, "503": {"description": "Empty."}}

    assert problem_of("ERR-01", answer(429, ("content-type", "text/plain"), body=b"slow"), document(responses)) == ""
    assert problem_of("ERR-01", answer(503), document(responses)) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "breaks the schema of errors"), (b'{"reason": NaN}', "NaN is no JSON"), (b"<h1>", "is no JSON")],
)
def test_errors_of_a_documented_status_keep_the_common_shape(content: bytes, said: str) -> None:
    assert said in problem_of("ERR-01", answer(404, JSON, body=content), document(ONE_SHAPE))


UNDECLARED = answer(413, ("content-type", "text/html"), body=b"<h1>")


def guesses_of(law_id: str, exchange: Exchange, of: Document) -> list[str]:
    """Return what nobody has declared of what an invariant says against an exchange, which it must say."""
    law = Catalogue.shipped()[law_id]
    assert isinstance(law, Invariant)
    with pytest.raises(Violation) as raised:
        law.judge(exchange, of.operation("list_lamps"), of)
    return list(raised.value.guesses)


def test_one_shape_of_all_errors_is_promised_of_undeclared_ones_too() -> None:
    responses = {**ONE_SHAPE, "409": {"description": "No.", "content": SHAPE}}

    assert not guesses_of("ERR-01", UNDECLARED, document(responses))


def test_a_shape_of_some_errors_is_a_guess_for_undeclared_ones() -> None:
    text = {"text/plain": {"schema": {"type": "string"}}}
    mixed = {**ONE_SHAPE, "409": {"description": "No.", "content": text}}

    assert guesses_of("ERR-01", UNDECLARED, document(ONE_SHAPE))
    assert guesses_of("ERR-01", UNDECLARED, document(mixed))


PROBLEMS = {"404": {"description": "No.", "content": {"application/problem+json": {"schema": {"type": "object"}}}}}


def test_a_member_that_a_service_adds_to_a_problem_may_be_null() -> None:
    body = b'{"type": "about:blank", "status": 404, "field": null}'

    assert problem_of("ERR-02", answer(404, PROBLEM, body=body), document(PROBLEMS)) == ""


@pytest.mark.parametrize("body", [b'{"detail": null}', b'{"status": 400}', b"[]", b'{"status": 404'])
def test_a_problem_is_an_object_that_agrees_with_its_answer(body: bytes) -> None:
    assert problem_of("ERR-02", answer(404, PROBLEM, body=body), document(PROBLEMS))


def test_invariants_say_nothing_of_content_that_was_not_read() -> None:
    fields = [PROBLEM, ("date", "Mon, 05 Jan 2026 10:00:00 GMT")]
    cut = Exchange("list_lamps", "GET", "http://127.0.0.1:1/lamps", [], b"", 404, fields, b"{", unread="it was long")

    for law in Catalogue.shipped():
        if isinstance(law, Invariant):
            assert problem_of(law.id, cut, document(PROBLEMS)) == ""


@pytest.mark.parametrize(
    ("media_type", "is_tried"),
    [
        ("application/json", True),
        ("application/vnd.lamps.v2+json", True),
        ("multipart/form-data", False),
        ("application/x-www-form-urlencoded", False),
        ("text/plain", False),
        ("application/octet-stream", False),
    ],
)
def test_only_json_can_name_a_member_twice(media_type: str, *, is_tried: bool) -> None:
    """A file among the parts of a form is no JSON, and what names a part twice is a list."""
    lamp = document()
    operation = {"requestBody": {"content": {media_type: {"schema": {"type": "object"}}}}, "responses": {}}
    lamp.source.raw["paths"]["/lamps"]["post"] = {"operationId": "make_lamp", **operation}

    assert Catalogue.shipped()["ROBUST-07"].applies(lamp.operation("make_lamp")) is is_tried


@pytest.mark.parametrize("statuses", [[401], [400, 401], [422], [404, 422]])
def test_where_nobody_can_sign_in_an_operation_that_looks_at_content_first_is_not_checked(statuses: list[int]) -> None:
    seen = Coverage(document().operation("list_lamps"), 9, 0, 0, statuses, fewest=1, missing=None, was_signed=False)

    with pytest.raises(NotChecked, match="nobody had a credential to show"):
        law_module("SPEC-04").test_operations_are_observed(seen.operation, seen)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([401], NotChecked),
        ([401, 405], NotChecked),
        ([403, 405], NotChecked),
        ([404, 405], Violation),
        ([500], Violation),
    ],
)
def test_what_only_refuses_strangers_is_no_operation_that_never_works(
    statuses: list[int], outcome: type[Exception]
) -> None:
    """Generated requests use methods that the document does not have, too: 405 says nothing of this one."""
    seen = Coverage(document().operation("list_lamps"), 9, 0, 0, statuses, fewest=1, missing=None)

    with pytest.raises(outcome):
        law_module("SPEC-04").test_operations_are_observed(seen.operation, seen)


@pytest.mark.parametrize(
    ("challenge", "is_fine"),
    [('Digest realm="lamps", nonce="7"', True), ('Basic realm="lamps"', True), ("", False), ('realm="lamps"', False)],
)
def test_a_scheme_that_only_other_answers_have_named_is_no_promise(challenge: str, *, is_fine: bool) -> None:
    """The document declares a 401 here and no scheme; elsewhere the service asked for Basic authentication."""
    lamps = document({"401": {"description": "Who asks?"}})
    lamps.learn(SeenService(challenges={"basic": "basic"}))
    operation = lamps.operation("list_lamps")

    assert Catalogue.shipped()["AUTH-02"].applies(operation)
    assert (problem_of("AUTH-02", answer(401, ("www-authenticate", challenge)), lamps) == "") is is_fine


@pytest.mark.parametrize(("security", "is_fine"), [([{"token": []}], False), ([], True), (None, True)])
def test_a_challenge_names_a_scheme_of_the_document_where_it_asks_for_one(
    security: list[dict[str, list[str]]] | None, *, is_fine: bool
) -> None:
    """An operation that asks for no credentials, and declares a 401, may have a scheme of its own."""
    lamps = document({"401": {"description": "Who asks?"}})
    lamps.source.raw["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    if security is not None:
        lamps.source.raw["paths"]["/lamps"]["get"]["security"] = security
    digest, bearer = (answer(401, ("www-authenticate", f'{name} realm="lamps"')) for name in ("Digest", "Bearer"))

    assert problem_of("AUTH-02", bearer, lamps) == ""
    assert (problem_of("AUTH-02", digest, lamps) == "") is is_fine
    assert problem_of("AUTH-02", answer(401), lamps)
