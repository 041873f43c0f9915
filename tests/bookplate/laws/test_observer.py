"""The observer judges each exchange by what the document promises of it, and credits nobody else with that."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Invariant
from bookplate.laws.notes import noted
from bookplate.laws.observer import Observer
from bookplate.wire.exchange import Exchange

REASON: dict[str, Any] = {"type": "object", "required": ["reason"]}
REFUSED = {"description": "No.", "content": {"application/json": {"schema": REASON}}}


def lamps(**responses: Any) -> Document:
    """Return a document with GET and POST of one path; the responses are those of GET."""
    get = {"operationId": "list_lamps", "responses": {"200": {"description": "All."}, **responses}}
    post = {"operationId": "make_lamp", "responses": {"201": {"description": "Made."}, "400": REFUSED, "409": REFUSED}}
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "Lamps", "version": "1"},
        "paths": {"/lamps": {"get": get, "post": post}},
    }
    return Document(Path("lamps.yaml"), raw, {})


def html(method: str, status: int) -> Exchange:
    return Exchange(None, method, "http://127.0.0.1:1/lamps", [], b"", status, [("content-type", "text/html")], b"<p>")


def observer_of(document: Document) -> Observer:
    return Observer(document, [law for law in Catalogue.shipped() if isinstance(law, Invariant)])


def test_another_method_is_not_judged_by_what_an_operation_declares() -> None:
    document = lamps(default=REFUSED)
    observer = observer_of(document)

    observer.look(html("PUT", 405), document.operation("list_lamps"))

    violation = observer.violations["ERR-01", "list_lamps"]
    assert violation.guesses == ("most errors of the document are application/json of one schema",)


def test_a_request_of_the_operation_is_judged_by_what_it_declares() -> None:
    document = lamps(default=REFUSED)
    observer = observer_of(document)

    observer.look(html("GET", 405), document.operation("list_lamps"))

    violation = observer.violations["ERR-01", "list_lamps"]
    assert violation.observed == "the content of the 405 has the media type text/html"
    assert violation.guesses == ()


@pytest.mark.parametrize("status", [401, 404, 405, 415, 500])
def test_the_common_shape_of_errors_is_a_guess_where_the_status_is_not_declared(status: int) -> None:
    document = lamps()
    observer = observer_of(document)

    observer.look(html("GET", status), document.operation("list_lamps"))

    assert observer.violations["ERR-01", "list_lamps"].guesses


def test_an_experiment_is_not_credited_with_what_invariants_expect() -> None:
    document = lamps(default=REFUSED)

    with noted() as notes:
        observer_of(document).look(html("GET", 404), document.operation("list_lamps"))

    assert notes.judged == 0
    assert notes.guesses == []


def test_an_operation_that_says_nothing_of_its_answers_promises_no_status() -> None:
    silent = {"operationId": "list_lamps"}
    raw = {"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}, "paths": {"/lamps": {"get": silent}}}
    law = Catalogue.shipped()["SCHEMA-01"]

    assert not law.applies(Document(Path("lamps.yaml"), raw, {}).operation("list_lamps"))
    assert law.applies(lamps().operation("list_lamps"))


def test_head_is_judged_as_get() -> None:
    operation = lamps().operation("list_lamps")

    assert operation.serves("HEAD")
    assert operation.serves("GET")
    assert not operation.serves("POST")
    assert not lamps().operation("make_lamp").serves("HEAD")
