"""SCHEMA-03 judges every answer by the schema itself: formats, discriminators and header fields, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Invariant
from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import Violation

JSON = "application/json"
LAMP: dict[str, Any] = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string"},
        "hours": {"type": "integer", "format": "int32"},
        "watts": {"type": "number", "format": "float"},
        "socket": {"type": "string", "format": "socket", "nullable": True},
        "photo": {"type": "string", "format": "byte"},
        "lit": {"type": "string", "format": "date-time"},
        "switch": {"type": "string", "readOnly": True},
    },
}
LED = {"allOf": [{"$ref": "#/components/schemas/Lamp"}, {"type": "object", "required": ["diodes"]}]}
GAS = {"allOf": [{"$ref": "#/components/schemas/Lamp"}, {"type": "object", "required": ["flame"]}]}
ONE_OF_BOTH = {
    "anyOf": [{"$ref": "#/components/schemas/Led"}, {"$ref": "#/components/schemas/Gas"}],
    "discriminator": {"propertyName": "kind"},
}
HEADERS = {
    "X-Total": {"required": True, "schema": {"type": "integer", "minimum": 0}},
    "X-Rooms": {"schema": {"type": "array", "items": {"type": "integer"}}},
    "X-Colour": {"schema": {"type": "string", "enum": ["red", "12"]}},
}


def lamps(schema: Any = LAMP, *, media_type: str = JSON, status: str = "200", headers: Any = None) -> Document:
    """Return a document with one operation, whose answer has this schema."""
    said = {"description": "A lamp.", "content": {media_type: {"schema": schema}}, "headers": headers or {}}
    get = {"operationId": "get_lamp", "responses": {status: said}}
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "Lamps", "version": "1"},
        "paths": {"/lamp": {"get": get}},
        "components": {"schemas": {"Lamp": LAMP, "Led": LED, "Gas": GAS}},
    }
    return Document(Path("lamps.yaml"), raw, {})


def answer(body: Any, *headers: tuple[str, str], status: int = 200, method: str = "GET", type: str = JSON) -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = [("content-type", type), *headers]
    return Exchange("get_lamp", method, "http://127.0.0.1:1/lamp", [], b"", status, fields, content)


def said(exchange: Exchange, document: Document, *, known: bool = True) -> str | None:
    """Return what the law says against an answer, an empty text where it is good, and None where it is not judged."""
    law = Catalogue.shipped()["SCHEMA-03"]
    assert isinstance(law, Invariant)
    try:
        judged = law.judge(exchange, document.operation("get_lamp") if known else None, document)
    except Violation as violation:
        return violation.observed
    return "" if judged else None


@pytest.mark.parametrize(
    ("lamp", "mistake"),
    [
        ({"kind": "led", "hours": 2**40}, "the content breaks its schema at /hours: 1099511627776 is not a 'int32'"),
        ({"kind": "led", "photo": "no base64!"}, "/photo: \"no base64!\" is not a 'byte'"),
        ({"kind": "led", "lit": "yesterday"}, "/lit: \"yesterday\" is not a 'date-time'"),
        ({"kind": None}, "/kind: null"),
    ],
)
def test_values_that_break_their_schema_are_found(lamp: Any, mistake: str) -> None:
    assert mistake in (said(answer(lamp), lamps()) or "")


@pytest.mark.parametrize(
    "lamp",
    [
        {"kind": "led", "hours": 2**31 - 1, "watts": 60, "socket": None},
        {"kind": "led", "socket": "a format that nobody knows", "watts": 1e300},
        {"kind": "led", "photo": "_-8", "switch": "read only"},
        {"kind": "led", "photo": "eHh4\r\neHh4", "lit": "2016-12-31T23:59:60Z"},
        {"kind": "led", "more": "than is documented"},
    ],
)
def test_values_that_keep_their_schema_are_good(lamp: Any) -> None:
    assert said(answer(lamp), lamps()) == ""


def test_an_answer_follows_the_alternative_that_its_discriminator_names() -> None:
    document = lamps(ONE_OF_BOTH)

    assert said(answer({"kind": "Led", "diodes": 9}), document) == ""
    assert said(answer({"kind": "something new", "flame": True}), document) == ""
    assert "'flame' is a required property" in (said(answer({"kind": "Gas", "diodes": 9}), document) or "")


def test_a_long_value_is_not_repeated_in_what_is_said() -> None:
    """It may be a token, which no report shows: a part of one is no token, so nobody would take it out."""
    text = said(answer({"kind": "led", "lit": "secret" * 50}), lamps()) or ""

    assert "/lit: the value is not a 'date-time'" in text
    assert "secret" not in text


GOOD = ("x-total", "7")


@pytest.mark.parametrize(
    ("fields", "mistake"),
    [
        ([], "X-Total is missing"),
        ([("x-total", "many")], "X-Total breaks its schema: \"many\" is not of type 'integer'"),
        ([("x-total", "-1")], "X-Total breaks its schema: -1 is less than the minimum of 0"),
        ([GOOD, ("x-colour", "blue")], 'X-Colour breaks its schema: "blue" is not one of "red", "12"'),
        ([GOOD, ("x-colour", "12")], ""),
        ([GOOD, ("x-rooms", "1,2")], ""),
    ],
)
def test_header_fields_are_judged_as_they_are_written(fields: list[tuple[str, str]], mistake: str) -> None:
    text = said(answer({"kind": "led"}, *fields), lamps(headers=HEADERS))

    assert text == (f"the 200: {mistake}" if mistake else "")


def test_all_mistakes_of_an_answer_are_told_at_once() -> None:
    text = said(answer({"kind": "led", "hours": 2**40}), lamps(headers=HEADERS)) or ""

    assert "int32" in text
    assert "X-Total is missing" in text


BROKEN = {"kind": 7}


@pytest.mark.parametrize(
    ("exchange", "document"),
    [
        (answer(BROKEN, method="HEAD"), lamps()),
        (answer(BROKEN, status=404), lamps()),
        (answer(BROKEN, type="text/plain"), lamps()),
        (answer(BROKEN, type="application/vnd.bulb+json"), lamps()),
        (answer(b"kind: 7", type="application/yaml"), lamps(media_type="application/yaml")),
        (answer(b""), lamps()),
        (answer(BROKEN, status=204), lamps(status="204")),
        (answer(BROKEN, status=304), lamps(status="304")),
        (answer(BROKEN, status=206), lamps(status="206")),
        (answer(BROKEN), lamps({"$ref": "#/components/schemas/Lamp", "type": "string"}, media_type="text/html")),
    ],
    ids=["HEAD", "no such status", "text", "no such media type", "no JSON", "empty", "204", "304", "206", "page"],
)
def test_what_the_document_says_nothing_of_is_not_judged(exchange: Exchange, document: Document) -> None:
    assert said(exchange, document) is None


def test_a_request_of_no_operation_is_judged_by_whether_it_can_be_read() -> None:
    assert said(answer(BROKEN), lamps(), known=False) is None
    assert "cannot be read" in (said(answer(b'{"kind"'), lamps(), known=False) or "")


def test_content_that_is_nested_too_deeply_is_not_judged() -> None:
    assert said(answer(b"[" * 100_000 + b"]" * 100_000), lamps()) == ""


def test_a_range_of_statuses_and_of_media_types_is_a_promise_too() -> None:
    document = lamps(status="4XX", media_type="application/*")

    assert "7 is not of type 'string'" in (
        said(answer(BROKEN, status=418, type="application/lamp+json"), document) or ""
    )
