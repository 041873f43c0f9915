"""A form carries no types: what breaks its schema by a type alone is valid as it is received."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.fuzzing.forms import reads_as_valid

TEXT = {"type": "string"}
MULTIPART, URL_ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"


def taking(media_type: str, schema: dict[str, Any]) -> Operation:
    """Return an operation that takes such content."""
    content = {media_type: {"schema": {"type": "object", **schema}}}
    sending = {"requestBody": {"content": content}, "responses": {"200": {"description": "Hung up."}}}
    raw = {
        "openapi": "3.1.0",
        "info": {"title": "Posters", "version": "1"},
        "paths": {"/posters": {"post": {"operationId": "hang_up", **sending}}},
    }
    return Document(Path("posters.yaml"), raw, {}).operation("hang_up")


POSTER = {
    "required": ["picture"],
    "properties": {
        "picture": {"type": "string", "contentMediaType": "application/octet-stream"},
        "title": {"anyOf": [TEXT, {"type": "null"}]},
        "width": {"type": "integer", "maximum": 100},
        "words": {"type": "array", "items": TEXT},
    },
}


@pytest.mark.parametrize("media_type", [MULTIPART, f"{MULTIPART}; boundary=x"])
@pytest.mark.parametrize(
    "content",
    [
        {"picture": -3.5},
        {"picture": True, "title": 863},
        {"picture": {}, "title": None, "corner": [1, None]},
        {"picture": "", "words": [1, 2.5]},
        {"picture": "", "width": 7},
    ],
)
def test_other_types_are_read_as_texts(media_type: str, content: dict[str, Any]) -> None:
    assert reads_as_valid(taking(MULTIPART, POSTER), media_type, content)


@pytest.mark.parametrize(
    "content", [{}, {"title": "a"}, {"picture": "", "width": 101}, {"picture": "", "width": "x"}, []]
)
def test_what_is_wrong_as_a_text_too_is_wrong(content: Any) -> None:
    assert not reads_as_valid(taking(MULTIPART, POSTER), MULTIPART, content)


@pytest.mark.parametrize(
    ("schema", "is_valid"),
    [
        ({"maxLength": 2}, False),
        ({"pattern": "^[0-9]+$"}, True),
        ({"enum": ["863", "864"]}, True),
        ({"enum": ["a"]}, False),
    ],
)
def test_what_a_text_has_to_be_is_judged_by_the_text(schema: dict[str, Any], is_valid: bool) -> None:
    operation = taking(URL_ENCODED, {"properties": {"title": {**TEXT, **schema}}})

    assert reads_as_valid(operation, URL_ENCODED, {"title": 863}) is is_valid


def test_a_closed_form_takes_no_other_member() -> None:
    operation = taking(MULTIPART, {**POSTER, "additionalProperties": False})

    assert not reads_as_valid(operation, MULTIPART, {"picture": "", "corner": "left"})


def test_json_has_types() -> None:
    operation = taking("application/json", {"properties": {"title": TEXT}})

    assert not reads_as_valid(operation, "application/json", {"title": 863})
