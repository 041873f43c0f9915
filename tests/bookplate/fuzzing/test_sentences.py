"""What a check of schemathesis found is told in our own words."""

import inspect
from typing import Any

import pytest
from schemathesis.core import failures
from schemathesis.core.failures import Failure
from schemathesis.openapi import checks

from bookplate.fuzzing.sentences import WORDS, sentence_of
from bookplate.laws.words import written_by_python
from bookplate.wire.exchange import Exchange

# What the constructor of a failure asks for, by name.
GIVEN: dict[str, Any] = {
    "operation": "GET /notes",
    "status_code": 418,
    "defined_status_codes": ["200", "4XX"],
    "allowed_status_codes": [200],
    "content_type": "text/html",
    "defined_content_types": ["application/json"],
    "media_types": ["application/json"],
    "missing_headers": ["X-B", "x-a"],
    "message": "API accepted SCHEMA-violating request\nInvalid component: parameter `page` in query - [None, 'x']",
    "expected_statuses": ["400", "422"],
    "allowed_statuses": ["2xx"],
    "header_name": "X-Tenant",
    "method": "TRACE",
    "allow_header_present": None,
    "failure_reason": "wrong_status",
    "allow_header": "GET",
    "missing_methods": ["post"],
    "undocumented_methods": ["put"],
    "free": "DELETE /notes/1",
    "usage": "GET /notes/1",
    "deleted_case_id": "1",
    "created_with": "POST /notes",
    "not_available_with": "GET /notes/1",
    "owner": "A",
    "peer": "B",
    "owner_case_id": "1",
    "scenario": checks.AuthScenario.NO_AUTH,
}
PHRASES = ("API", "schema-violating", "Invalid component", "Response violates", "Undocumented", "`")


def exchange(method: str, path: str, status: int) -> Exchange:
    headers = [("content-type", "application/json")]
    return Exchange("notes", method, f"http://127.0.0.1:1{path}", [], b"", status, headers, b'{"detail": "so it is"}')


def made(kind: type[Failure]) -> Failure:
    """Return a failure of a kind, with what its constructor asks for."""
    names = inspect.signature(kind).parameters
    return kind(**{name: GIVEN[name] for name in names if name in GIVEN})


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_a_failure_is_told_in_our_own_words(kind: type[Failure]) -> None:
    chain = [exchange("POST", "/notes", 201), exchange("DELETE", "/notes/1", 204), exchange("GET", "/notes/1", 418)]

    observed, expected = sentence_of(made(kind), chain, chain[-1])

    assert "GET /notes/1 answered 418" in observed
    assert expected
    assert not [phrase for phrase in PHRASES if phrase in observed + expected.partition("wrong in it")[0]]
    assert not written_by_python(observed)


def test_every_failure_of_a_check_that_a_law_names_has_its_words() -> None:
    """Of the others `sentence_of` tells the title; those about content are judged by a law of our own."""
    known = {kind for module in (failures, checks) for kind in vars(module).values() if inspect.isclass(kind)}
    kinds = {kind for kind in known if issubclass(kind, Failure) and kind is not Failure}

    assert {kind.__name__ for kind in kinds if not issubclass(kind, tuple(WORDS))} == {
        "ContentDeserializationError",
        "CustomFailure",
        "DiscriminatorMismatch",
        "JsonSchemaError",
        "MalformedJson",
        "MalformedMediaType",
        "ResponseTimeExceeded",
    }
