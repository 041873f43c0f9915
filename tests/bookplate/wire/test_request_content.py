"""Content is written as its media type says: JSON, forms, parts with files, text, bytes."""

import json
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bookplate.contract import Document, Operation
from bookplate.wire.request_content import with_content, with_fields

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"


def taking(media_type: str, **declaration: Any) -> Operation:
    """Return an operation that takes content of a media type."""
    operation = {"operationId": "a", "requestBody": {"content": {media_type: declaration}}, "responses": {}}
    return Document(Path("openapi.yaml"), {"openapi": "3.1.0", "paths": {"/a": {"post": operation}}}, {}).operation("a")


def sent(operation: Operation, body: Any) -> tuple[bytes, str]:
    content, ((_, content_type),) = with_content(operation, body, [])
    return content, content_type


def parts(operation: Operation, body: Any) -> list[Message]:
    """Return the parts of a form, read as somebody else reads them."""
    content, content_type = sent(operation, body)
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content)
    assert message.is_multipart()
    assert message.defects == []
    return [part for part in message.get_payload() if isinstance(part, Message)]


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.yarn+json", "application/json; charset=utf-8"]
)
def test_json_is_sent_under_the_name_of_the_document(media_type: str) -> None:
    assert sent(taking(media_type), {"a": [1, None]}) == (b'{"a": [1, null]}', media_type)


@pytest.mark.parametrize(
    ("media_type", "name"),
    [("*/*", "application/json"), ("application/*", "application/json"), ("text/*", "text/plain")],
)
def test_a_range_is_sent_as_one_of_its_media_types(media_type: str, name: str) -> None:
    assert sent(taking(media_type), "knit")[1] == name


def test_text_and_bytes_are_sent_as_they_are() -> None:
    assert sent(taking("text/plain"), "knit ü") == ("knit ü".encode(), "text/plain")
    assert sent(taking("application/octet-stream"), b"\x00\xff") == (b"\x00\xff", "application/octet-stream")
    assert sent(taking("text/plain"), 7) == (b"7", "text/plain")


def test_a_form_has_a_pair_for_each_item_and_json_for_an_object() -> None:
    content, content_type = sent(taking(FORM), {"a": "b c", "d": [1, True], "e": {"f": 1}})

    assert content_type == FORM
    assert parse_qsl(content.decode()) == [("a", "b c"), ("d", "1"), ("d", "true"), ("e", '{"f": 1}')]


@pytest.mark.parametrize(
    ("encoding", "value", "pairs"),
    [
        ({"style": "form", "explode": False}, ["a", "b"], [("m", "a,b")]),
        ({"style": "pipeDelimited"}, ["a", "b"], [("m", "a|b")]),
        ({"style": "spaceDelimited"}, ["a", "b"], [("m", "a b")]),
        ({"style": "deepObject", "explode": True}, {"a": {"b": 1}}, [("m[a][b]", "1")]),
        ({"style": "form"}, {"a": 1, "b": 2}, [("a", "1"), ("b", "2")]),
        ({"contentType": "application/json"}, ["a", 1], [("m", '["a", 1]')]),
    ],
)
def test_a_member_of_a_form_has_its_declared_encoding(encoding: Any, value: Any, pairs: list[tuple[str, str]]) -> None:
    content, _ = sent(taking(FORM, encoding={"m": encoding}), {"m": value})

    assert parse_qsl(content.decode()) == pairs


def test_parts_are_files_text_and_json() -> None:
    operation = taking(PARTS, encoding={"picture": {"contentType": "image/png, image/gif"}})

    picture, other, note, first, second, table = parts(
        operation, {"picture": b"\x89PNG", "other": b"?", "note": "ü", "tags": ["a", 2], "table": {"rows": 3}}
    )

    assert (picture.get_filename(), picture.get_content_type()) == ("picture.png", "image/png")
    assert picture.get_payload(decode=True) == b"\x89PNG"
    assert (other.get_filename(), other.get_content_type()) == ("other.bin", "application/octet-stream")
    assert (note.get_filename(), note["Content-Type"], note.get_payload(decode=True)) == (None, None, "ü".encode())
    assert [part.get_payload() for part in (first, second)] == ["a", "2"]
    assert [part.get_param("name", header="Content-Disposition") for part in (first, second)] == ["tags", "tags"]
    assert (table.get_content_type(), json.loads(str(table.get_payload()))) == ("application/json", {"rows": 3})


def test_a_boundary_stands_in_no_part() -> None:
    (part,) = parts(taking(PARTS), {"text": "--bookplate-part--"})

    assert part.get_payload() == "--bookplate-part--"


def test_a_form_without_members_is_still_a_form() -> None:
    content, content_type = sent(taking(PARTS), {})

    assert content == b"--bookplate-part--\r\n"
    assert content_type == "multipart/form-data; boundary=bookplate-part"


def test_bytes_go_out_under_the_name_that_a_law_gives_them() -> None:
    pairs = [("content-type", "text/unheard-of")]

    assert with_content(taking("application/json"), b"{", pairs) == (b"{", pairs)


# ── Fields ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_required_fields_are_added_but_where_a_law_sets_them() -> None:
    required = {"X-Shop": "north", "X-Row": "7"}

    assert with_fields([("x-shop", "south")], required) == [("x-shop", "south"), ("X-Row", "7")]


def test_required_cookies_stand_beside_those_of_the_caller() -> None:
    assert with_fields([("Cookie", "session=1")], {"Cookie": "shop=2"}) == [("Cookie", "session=1; shop=2")]
    assert with_fields([], {"Cookie": "shop=2"}) == [("Cookie", "shop=2")]
