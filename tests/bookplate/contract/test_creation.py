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


DEEP = PLAIN.replace("{id: {type: string}}", "{about: {type: object, properties: {crateId: {type: string}}}}")
TAKES = "requestBody: {content: {application/json: {schema: {type: object, properties: {weight: {}}}}}}"


@pytest.mark.parametrize("answer", ["{description: Done.}", "{description: Done., content: {application/json: {}}}"])
def test_a_post_with_content_whose_answer_nobody_describes_is_guessed_to_make_something(
    read: Read, answer: str
) -> None:
    text = PATHS.replace("operationId: make_crate", f"operationId: make_crate\n      {TAKES}")

    fact = read(text.replace("STATUS", "204").replace("ANSWER", answer)).operation("make_crate").facts.creation

    assert fact is not None
    assert (fact.origin, "does not say what it shows" in fact.evidence) == (Origin.GUESSED, True)


def test_a_key_may_stand_one_level_down(read: Read) -> None:
    found = document(read, 200, DEEP)

    fact = found.identifiers(found.operation("make_crate"))["crateId"]

    assert (fact.value, fact.origin) == ("/about/crateId", Origin.GUESSED)


BY_NAME = """
paths:
  /shelves/{label}:
    parameters: [{name: label, in: path, required: true, schema: SCHEMA}]
    get:
      operationId: get_shelf
      responses: {'200': {description: One.}}
    put:
      operationId: put_shelf
      TAKES
      responses: {'204': {description: Done.}}
    delete:
      operationId: drop_shelf
      responses: {'204': {description: Done.}}
"""


@pytest.mark.parametrize(
    ("schema", "is_chosen"),
    [("{type: string}", True), ("{type: integer}", False), ("{type: string, enum: [a, b]}", False)],
)
def test_a_put_on_a_name_that_a_client_chooses_is_guessed_to_make_it(read: Read, schema: str, is_chosen: bool) -> None:
    found = read(BY_NAME.replace("SCHEMA", schema).replace("TAKES", TAKES))
    maker = found.creator(found.operation("drop_shelf"))

    assert found.operation("put_shelf").names_what_it_makes is is_chosen
    assert (maker and maker.value.id) == ("put_shelf" if is_chosen else None)


def test_a_put_makes_nothing_where_a_post_stands_above_it(read: Read) -> None:
    above = "  /shelves:\n    post: {operationId: add_shelf, responses: {'201': {description: Made.}}}\n"
    found = read(BY_NAME.replace("SCHEMA", "{type: string}").replace("TAKES", TAKES) + above)
    maker = found.creator(found.operation("put_shelf"))

    assert not found.operation("put_shelf").creates
    assert (maker and maker.value.id) == "add_shelf"


CHAIN = """
paths:
  /halls: {post: {operationId: add_hall, responses: {'201': {description: Made.}}}}
  /halls/{id}/rooms: {post: {operationId: add_room, responses: {'201': {description: Made.}}}}
  /halls/{hallId}/rooms/{room}/lamps/:
    post: {operationId: add_lamp, responses: {'201': {description: Made.}}}
  /halls/{a}/rooms/{b}/lamps/{c}/state:
    get: {operationId: get_state, responses: {'200': {description: On.}}}
"""


def test_parents_are_found_whatever_their_parameters_are_called(read: Read) -> None:
    found = read(CHAIN)

    makers = {name: found.creator(found.operation(name)) for name in ("get_state", "add_lamp", "add_room", "add_hall")}

    assert {name: maker and maker.value.id for name, maker in makers.items()} == {
        "get_state": "add_lamp",
        "add_lamp": "add_room",
        "add_room": "add_hall",
        "add_hall": None,
    }


def content(taken: str, shown: str) -> str:
    one = "content: {application/json: {schema: {type: object, properties: %s}}}"
    return f"""
paths:
  /crates:
    post:
      operationId: make_crate
      requestBody: {{{one % taken}}}
      responses: {{'201': {{description: Made., {one % shown}}}}}
"""


INNER = "{crate: {type: object, required: [weight], properties: {weight: {type: integer}}}}"


@pytest.mark.parametrize(
    ("shown", "wrapper", "members"),
    [
        (INNER, "/crate", ["weight"]),
        ("{id: {type: string}, weight: {type: integer}}", "/crate", ["weight"]),
        (f"{{id: {{}}, {INNER[1:]}", "", ["crate"]),
    ],
)
def test_a_wrapper_is_looked_through_in_what_is_sent(read: Read, shown: str, wrapper: str, members: list[str]) -> None:
    """An object that the item has as a member is no wrapper."""
    operation = read(content(INNER, shown)).operation("make_crate")

    assert (operation.wrapper, list(operation.members)) == (wrapper, members)
    assert operation.wrapped({"weight": 7}) == ({"crate": {"weight": 7}} if wrapper else {"weight": 7})


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
        (["id", "name"], "user_name", "name"),
        (["slug", "title"], "articleSlug", "slug"),
        (["ID"], "petId", "ID"),
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


def test_the_path_of_a_list_is_told_from_that_of_an_item(read: Read) -> None:
    by_put = "    put: {operationId: put_crate, responses: {'201': ANSWER}}\n  /reports:\n"
    document = read(PATHS.replace("  /reports:\n", by_put).replace("STATUS", "201").replace("ANSWER", PLAIN))

    assert document.operation("put_crate").creates
    assert document.makes_items_at("/crates")
    assert not document.makes_items_at("/crates/{crateId}")
