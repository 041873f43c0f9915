"""Which policies count a request: those of its operation, or any where its path leads to no operation."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Invariant
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import Violation

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Lamps", "version": "1"},
    "servers": [{"url": "/v1"}],
    "x-rate-limit": {
        "policies": {
            "any": {"limit": 60, "window": 60, "by": "address"},
            "few": {"limit": 5, "window": 10, "by": "address"},
        },
        "default": ["any"],
    },
    "paths": {
        "/lamps/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "get_lamp",
                "x-rate-limit": ["few"],
                "responses": {"200": {"description": "A lamp."}, "429": {"description": "Slow down."}},
            },
        }
    },
}


def problem_of(path: str) -> str:
    """Return what the law says against a refusal by the default policy at a path; an empty text for nothing."""
    document = Document(Path("lamps.yaml"), DOCUMENT, {})
    law = Catalogue.shipped()["RATE-04"]
    assert isinstance(law, Invariant)
    fields = [
        ("ratelimit", '"any";r=0;t=40'),
        ("ratelimit-policy", '"any";q=60;w=60'),
        ("retry-after", "40"),
    ]
    refusal = Exchange("get_lamp", "GET", f"http://127.0.0.1:1/v1{path}", [], b"", 429, fields, b"")
    try:
        law.judge(refusal, document.operation("get_lamp"), document)
    except Violation as violation:
        return violation.observed
    return ""


@pytest.mark.parametrize("argument", ["AAA", "0", "-3", "1.5", "%C3%A4"])
def test_a_path_that_leads_to_no_operation_is_counted_by_any_policy(argument: str) -> None:
    assert problem_of(f"/lamps/{argument}") == ""


@pytest.mark.parametrize("argument", ["1", "987654321"])
def test_a_request_of_an_operation_is_counted_by_its_own(argument: str) -> None:
    assert problem_of(f"/lamps/{argument}").startswith('"any": ')
