"""Creations: what makes something, what its answer shows of it, and how the new thing is named."""

from typing import Any

import pytest

from bookplate.contract import Document, Origin, unwrapped
from bookplate.contract.item_keys import key_member

from .conftest import Read

PATHS = """
paths:
  /crates:
    post:
      operationId: make_crate
      responses: {'STATUS': ANSWER}
  /crates/{crateId}:
    get:
      operationId: get_crate
      parameters: [{name: crateId, in: path, required: true, schema: {type: string}}]
      responses: {'200': ANSWER}
  /reports:
    post:
      operationId: write_report
      responses: {'200': ANSWER}
"""
PLAIN = "{description: One., content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}"
NAMED = PLAIN.replace("{id:", "{crate_id:")
OTHER = PLAIN.replace("{id:", "{weight:")
WRAPPED = (
    "{description: One., content: {application/json: {schema: {type: object, properties: "
    "{crate: {type: object, properties: {crate_id: {type: string}}}}}}}}"
)
LOCATED = "{description: Made., headers: {Location: {schema: {type: string}}}}"


def document(read: Read, status: int, answer: str) -> Document:
    return read(PATHS.replace("STATUS", str(status)).replace("ANSWER", answer))


def test_a_documented_201_says_that_something_is_made(read: Read) -> None:
    fact = document(read, 201, OTHER).operation("make_crate").facts.creation

    assert fact is not None
    assert fact.origin is Origin.DECLARED


@pytest.mark.parametrize(
    ("status", "answer"), [(200, PLAIN), (202, NAMED), (200, WRAPPED), (204, LOCATED), (200, LOCATED)]
)
def test_a_post_above_an_item_that_shows_its_key_or_a_location_is_guessed_to_make_it(
    read: Read, status: int, answer: str
) -> None:
    found = document(read, status, answer)
    fact = found.operation("make_crate").facts.creation

    assert fact is not None
    assert fact.origin is Origin.GUESSED
    assert f"make_crate answers {status}" in fact.evidence
    made_by = found.creator(found.operation("get_crate"))
    assert made_by is not None
    assert (made_by.value.id, made_by.origin) == ("make_crate", Origin.GUESSED)


@pytest.mark.parametrize("answer", [OTHER, "{description: Done.}"])
def test_a_post_that_shows_neither_makes_nothing(read: Read, answer: str) -> None:
    assert not document(read, 200, answer).operation("make_crate").creates


def test_a_post_without_an_item_below_makes_nothing(read: Read) -> None:
    assert not document(read, 200, PLAIN).operation("write_report").creates


@pytest.mark.parametrize(
    ("answer", "pointer", "origin"),
    [
        (PLAIN, "/id", Origin.DECLARED),
        (NAMED, "/crate_id", Origin.GUESSED),
        (WRAPPED, "/crate/crate_id", Origin.GUESSED),
    ],
)
def test_an_item_is_named_by_what_its_path_is_called_after_or_by_its_id(
    read: Read, answer: str, pointer: str, origin: Origin
) -> None:
    found = document(read, 201, answer)

    fact = found.identifiers(found.operation("make_crate"))["crateId"]

    assert (fact.value, fact.origin) == (pointer, origin)


def test_a_wrapper_is_looked_through_in_what_is_made_and_shown(read: Read) -> None:
    found = document(read, 201, WRAPPED)
    made, shown = found.operation("make_crate").created, found.operation("get_crate").shown

    assert made is not None
    assert shown is not None
    assert [list(schema.properties) for schema in (made, shown)] == [["crate_id"], ["crate_id"]]


@pytest.mark.parametrize(
    ("members", "parameter", "name"),
    [
        (["id", "widget_id"], "widgetId", "widget_id"),
        (["widgetId"], "widget-id", "widgetId"),
        (["name", "id"], "widgetId", "id"),
        (["slug", "id"], "slug", "slug"),
        (["name"], "widgetId", None),
    ],
)
def test_the_key_is_the_member_of_the_parameter_else_the_id(
    members: list[str], parameter: str, name: str | None
) -> None:
    assert key_member(members, parameter) == name


@pytest.mark.parametrize(
    ("value", "item"),
    [
        ({"crate": {"id": 1}}, {"id": 1}),
        ({"data": {"id": 1}, "meta": {}}, {"id": 1}),
        ({"id": 1, "data": {"x": 2}}, {"id": 1, "data": {"x": 2}}),
        ({"a": {"id": 1}, "b": 2}, {"a": {"id": 1}, "b": 2}),
        ({"name": "x"}, {"name": "x"}),
        ({}, {}),
        ([1], [1]),
        (None, None),
    ],
)
def test_an_object_that_stands_alone_in_another_is_the_item(value: Any, item: Any) -> None:
    assert unwrapped(value) == item
