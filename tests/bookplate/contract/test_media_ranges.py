"""Media types are compared as RFC 9110 says, and the most specific key of a document counts."""

import pytest

from bookplate.contract import is_covered, is_json, most_specific

from .conftest import Read


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("application/json", "application/json"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/json;charset=UTF-8", "application/json"),
        ("application/json; charset=utf-8", "application/json;charset=iso-8859-1"),
        ("Application/JSON", "application/Json"),
        ("*/*", "text/html"),
        ("application/*", "application/problem+json"),
        ("application/*+json", "application/problem+json"),
        ("text/*; charset=utf-8", "text/plain"),
        ("application/json; version=2", "application/json; version=2"),
        ('application/json; version="2"', "application/json; version=2; charset=utf-8"),
        ("application/json; version=2", "application/json"),
        ("application/json; q=0.5", "application/json"),
        ("*", "image/png"),
    ],
)
def test_a_media_type_is_covered(name: str, content_type: str) -> None:
    assert is_covered(name, content_type)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("application/json", "text/json"),
        ("application/json", "application/problem+json"),
        ("application/*", "text/plain"),
        ("application/*+json", "application/json"),
        ("application/*+json", "application/xml"),
        ("application/json; version=2", "application/json; version=1"),
        ("*/*", None),
        ("*/*", ""),
    ],
)
def test_a_media_type_is_not_covered(name: str, content_type: str | None) -> None:
    assert not is_covered(name, content_type)


@pytest.mark.parametrize(
    ("content_type", "key"),
    [
        ("application/json", "application/json"),
        ("application/json; version=2; charset=utf-8", "application/json; version=2"),
        ("application/vnd.notes+json", "application/*+json"),
        ("application/xml", "application/*"),
        ("text/plain", "*/*"),
    ],
)
def test_the_most_specific_key_counts(content_type: str, key: str) -> None:
    keys = ["*/*", "application/*", "application/*+json", "application/json; version=2", "application/json"]

    assert most_specific({each: each for each in keys}, content_type) == key
    assert most_specific({each: each for each in reversed(keys)}, content_type) == key


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/a+json"])
def test_json_is_known_by_its_type_or_its_ending(content_type: str) -> None:
    assert is_json(content_type)
    assert not is_json("application/jsonl")
    assert not is_json("text/plain; of=application/json")


NOTES = """
paths:
  /notes:
    get:
      operationId: a
      responses:
        '200': {description: ok, content: {application/*: {schema: {type: object}}, text/plain: {schema: {type: string}}}}
        '204': {description: ok, content: {application/json: {schema: {type: object}}}}
        4xx: {description: e, content: {'*/*': {schema: {type: object}}}}
"""


def test_an_answer_has_the_media_type_that_its_content_type_names(read: Read) -> None:
    success = read(NOTES).operation("a").response(200)

    found = [success.media_for(each) for each in ("application/json", "TEXT/plain;charset=utf-8", "image/png", None)]

    assert [media.name if media else None for media in found] == ["application/*", "text/plain", None, None]


def test_an_answer_without_content_has_no_media_types(read: Read) -> None:
    assert dict(read(NOTES).operation("a").response(204).content) == {}


def test_a_range_of_statuses_may_be_written_in_small_letters(read: Read) -> None:
    found = read(NOTES).operation("a").response_to(404)

    assert found is not None
    assert (found.status, 404 in found.statuses) == ("4xx", True)
