"""What a check of the generator demands has to be promised."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document
from bookplate.fuzzing.relevance import is_promised


def reader(**more: Any) -> Document:
    item = {"type": "object", "properties": {"id": {"type": "integer"}}}
    answers = {"200": {"description": "One.", "content": {"application/json": {"schema": item}}}}
    node = {"operationId": "get_leaf", "security": [{"key": []}], "responses": answers} | more
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    raw = {"openapi": "3.0.3", "paths": {"/leaves/{id}": {"get": node}}, "components": {"securitySchemes": schemes}}
    return Document(Path("openapi.yaml"), raw, {})


@pytest.mark.parametrize(("more", "expected"), [({}, False), ({"x-access": {"allow": ["owner"]}}, True)])
def test_that_others_may_not_read_is_promised_where_something_says_who_may(more: Any, expected: bool) -> None:
    operation = reader(**more).operation("get_leaf")

    assert is_promised("object_level_authorization", operation) is expected
    assert is_promised("not_a_server_error", operation)
