"""Schemas as the model has them: which node they are, what they say, and what breaks them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document

from .conftest import Read

NOTES = """
paths:
  /notes:
    get:
      operationId: list_notes
      responses:
        '200': {description: All., content: {application/json: {schema: {$ref: '#/components/schemas/Notes'}}}}
    post:
      operationId: create_note
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Alias'}}}}
components:
  schemas:
    Notes: {type: array, items: {$ref: '#/components/schemas/Note'}}
    Alias: {$ref: '#/components/schemas/Note'}
    Twin: {type: object, required: [email], properties: {email: {$ref: '#/components/schemas/Email'}, stars: {$ref: '#/components/schemas/Stars'}}}
    Note: {type: object, required: [email], properties: {email: {$ref: '#/components/schemas/Email'}, stars: {$ref: '#/components/schemas/Stars'}}}
    Email: {type: string, format: email, minLength: 6, x-unique: {equivalent: [a@b.cd, A@b.cd]}}
    Stars: {type: integer, minimum: 1, maximum: 5, default: 3, enum: [1, 3, 5], example: 5}
"""


def in_version(version: str) -> Document:
    return Document(Path("openapi.yaml"), {"openapi": version, "paths": {}}, {})


def test_a_schema_is_the_node_that_its_references_lead_to(read: Read) -> None:
    document = read(NOTES)
    create, note = document.operation("create_note"), document.schema({"$ref": "#/components/schemas/Note"})

    assert create.created == note
    assert create.body is not None
    assert create.body.schema == note
    assert len({create.created, note}) == 1


def test_the_same_text_at_another_place_is_another_schema(read: Read) -> None:
    document = read(NOTES)
    note, twin = (document.schema({"$ref": f"#/components/schemas/{name}"}) for name in ("Note", "Twin"))

    assert note != twin
    assert note.says_the_same_as(twin)


def test_lists_and_creators_are_found_by_the_schema_of_the_item(read: Read) -> None:
    document = read(NOTES)
    listed = document.operation("list_notes").response(200).schema

    assert listed is not None
    assert [each.id for each in document.creators_of(listed.items)] == ["create_note"]
    assert document.creators_of(None) == ()


def test_a_schema_says_what_its_keywords_say(read: Read) -> None:
    members = read(NOTES).operation("create_note").members
    email, stars = members["email"], members["stars"]

    assert (email.type, email.format, email.min_length, email.is_free_text) == ("string", "email", 6, False)
    assert (stars.type, stars.minimum, stars.maximum, stars.default, stars.example) == ("integer", 1, 5, 3, 5)
    assert stars.enum == (1, 3, 5)
    assert (email.is_unique, email.equivalent, stars.is_unique) == (True, ("a@b.cd", "A@b.cd"), False)
    with pytest.raises(LookupError):
        stars.equivalent  # noqa: B018  (there are none)


def test_violations_are_told_with_their_place(read: Read) -> None:
    schema = read(NOTES).operation("create_note").created

    assert schema is not None
    assert schema.allows({"email": "a@b.cd", "stars": 3})
    (broken,) = schema.violations({"email": "a@b.cd", "stars": 4})
    assert broken.startswith("/stars: 4 is not one of")


@pytest.mark.parametrize(
    ("version", "node", "types", "first"),
    [
        ("3.0.3", {"type": "string", "nullable": True}, ("string",), "string"),
        ("3.1.0", {"type": ["null", "string"]}, ("null", "string"), "string"),
        ("3.1.0", {"type": ["null"]}, ("null",), "null"),
        ("3.1.0", {}, (), None),
        ("3.1.0", True, (), None),
    ],
)
def test_the_type_is_the_first_beside_null(version: str, node: Any, types: tuple[str, ...], first: str | None) -> None:
    schema = in_version(version).schema(node)

    assert (schema.types, schema.type) == (types, first)


def test_null_is_allowed_as_each_version_writes_it() -> None:
    assert in_version("3.0.3").schema({"type": "string", "nullable": True}).allows(None)
    assert in_version("3.1.0").schema({"type": ["string", "null"]}).allows(None)
    assert not in_version("3.1.0").schema({"type": "string", "nullable": True}).allows(None)


def test_members_that_only_answers_have_are_refused_in_requests_of_3_0() -> None:
    schema = in_version("3.0.3").schema({"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}})

    assert schema.properties["id"].is_read_only
    assert schema.allows({"id": 1})
    assert not schema.allows({"id": 1}, request=True)


def test_named_values_are_examples_then_the_constant_then_the_default() -> None:
    schema = in_version("3.1.0").schema({"examples": [None, 1], "const": 2, "example": 3, "default": 4})

    assert schema.named_values == (None, 1, 2, 3, 4)


def test_equivalent_spellings_that_are_none_are_told_with_their_line(read: Read) -> None:
    document = read(NOTES.replace("[a@b.cd, A@b.cd]", "a@b.cd"))

    (told,) = document.notices
    assert re.search(r"openapi\.yaml:\d+: its x-unique shows no two spellings: write x-unique", str(told))


SHADES: dict[str, Any] = {
    "components": {"schemas": {"Shade": {"enum": ["light", "dark"], "default": "dark"}}},
    "paths": {},
}
SHADE = "#/components/schemas/Shade"


@pytest.mark.parametrize(
    ("version", "node", "default"),
    [
        ("3.1.0", {"$ref": SHADE, "default": "light"}, "light"),
        ("3.1.0", {"$ref": SHADE, "description": "How it looks."}, "dark"),
        ("3.1.0", {"$ref": SHADE}, "dark"),
        ("3.0.3", {"$ref": SHADE, "default": "light"}, "dark"),
    ],
)
def test_a_default_beside_a_reference_counts_from_3_1_on(version: str, node: Any, default: str) -> None:
    document = Document(Path("openapi.yaml"), {"openapi": version, **SHADES}, {})

    assert document.schema(node).default == default


UNREAD = {"$ref": "https://schemas.example/shade.json"}


@pytest.mark.parametrize(
    ("node", "is_known"),
    [
        ({"type": "string"}, True),
        ({"$ref": SHADE}, True),
        (UNREAD, False),
        ({"properties": {"shade": UNREAD}}, False),
        ({"items": {"anyOf": [{"type": "null"}, UNREAD]}}, False),
    ],
)
def test_a_schema_is_known_where_all_of_it_was_read(read: Read, node: Any, is_known: bool) -> None:
    shades = {**SHADES["components"]["schemas"], "Lamp": node}
    document = read(f"paths: {{}}\ncomponents: {json.dumps({'schemas': shades})}")

    assert document.schema({"$ref": "#/components/schemas/Lamp"}).is_known is is_known


def test_a_schema_that_holds_itself_is_known() -> None:
    tree = {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}}
    document = Document(
        Path("openapi.yaml"), {"openapi": "3.1.0", "components": {"schemas": {"Tree": tree}}, "paths": {}}, {}
    )

    assert document.schema({"$ref": "#/components/schemas/Tree"}).is_known
