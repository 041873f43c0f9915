"""How a value is judged: by its version of OpenAPI, and by the way that it travels."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document
from bookplate.contract.schema import Schema

VERSIONS = pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])


def schema_of(node: Any, version: str = "3.0.3", **components: Any) -> Schema:
    raw = {"openapi": version, "paths": {}, "components": {"schemas": components}}
    return Document(Path("openapi.yaml"), raw, {}).schema(node)


def with_member(**member: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", **member}}}


@VERSIONS
def test_a_request_needs_no_member_that_only_answers_have(version: str) -> None:
    schema = schema_of(with_member(readOnly=True), version)

    assert schema.allows({}, request=True)
    assert not schema.allows({})


@VERSIONS
def test_an_answer_needs_no_member_that_only_requests_have(version: str) -> None:
    schema = schema_of(with_member(writeOnly=True), version)

    assert schema.allows({})
    assert not schema.allows({}, request=True)


@VERSIONS
def test_a_member_is_read_only_where_its_reference_or_a_part_says_so(version: str) -> None:
    of_part = {"required": ["id"], "allOf": [with_member(readOnly=True)]}
    of_reference = {"required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}}

    assert schema_of(of_part, version).allows({}, request=True)
    assert schema_of(of_reference, version, Id={"type": "integer", "readOnly": True}).allows({}, request=True)
    assert not schema_of(of_reference, version, Id={"type": "integer"}).allows({}, request=True)


def test_a_discriminator_of_3_0_chooses_the_alternative_that_judges() -> None:
    """Both alternatives allow the value, which `oneOf` alone would refuse."""
    wool = {"type": "object", "properties": {"kind": {"type": "string"}, "grams": {"type": "integer"}}}
    node = {
        "oneOf": [{"$ref": "#/components/schemas/Wool"}, {"$ref": "#/components/schemas/Silk"}],
        "discriminator": {"propertyName": "kind", "mapping": {"w": "Wool", "s": "#/components/schemas/Silk"}},
    }
    schema = schema_of(node, Wool=wool, Silk=wool)

    assert schema.allows({"kind": "w", "grams": 1})
    assert schema.allows({"kind": "Silk", "grams": 1})
    assert not schema.allows({"kind": "s", "grams": "1"})
    assert not schema.allows({"kind": "unheard of"})
    assert not schema.allows({"kind": []})


def test_in_3_0_nothing_counts_beside_a_reference_but_nullable() -> None:
    schema = schema_of(
        {"$ref": "#/components/schemas/Grams", "minimum": 9, "nullable": True}, Grams={"type": "integer"}
    )

    assert schema.allows(1)
    assert schema.allows(None)


@VERSIONS
@pytest.mark.parametrize("named", [None, "file", ["text"], 7])
def test_a_type_that_json_does_not_have_refuses_nothing(version: str, named: Any) -> None:
    assert schema_of({"type": named}, version).allows("x")


@VERSIONS
def test_a_schema_that_is_a_part_of_itself_refuses_nothing(version: str) -> None:
    """Generators write an alternative that extends, by `allOf`, the schema whose alternative it is."""
    supply = {"type": "object", "oneOf": [{"$ref": "#/components/schemas/Yarn"}]}
    yarn = {"allOf": [{"$ref": "#/components/schemas/Supply"}, {"properties": {"grams": {"type": "integer"}}}]}

    assert schema_of({"$ref": "#/components/schemas/Supply"}, version, Supply=supply, Yarn=yarn).allows({"grams": 1})


@VERSIONS
@pytest.mark.parametrize(
    "node", [{"minLength": "3"}, {"required": 7}, {"properties": []}, {"$ref": "#/gone"}, {"pattern": "("}, {"enum": 5}]
)
def test_a_schema_that_is_none_refuses_nothing(version: str, node: Any) -> None:
    assert schema_of({"items": node}, version).allows(["x"])
    assert schema_of({"items": node}, version).allows([{}])


@VERSIONS
def test_references_lead_to_anywhere_in_the_document(version: str) -> None:
    raw = {"openapi": version, "paths": {"/a~b": {"x-schema": {"type": "integer"}}}}
    schema = Document(Path("openapi.yaml"), raw, {}).schema({"items": {"$ref": "#/paths/~1a~0b/x-schema"}})

    assert schema.allows([1])
    assert not schema.allows(["1"])


@VERSIONS
def test_a_file_may_stand_where_text_is_asked_for(version: str) -> None:
    schema = schema_of({"type": "string", "minLength": 2, "pattern": "^a"}, version)

    assert schema.allows(b"\x00\x01")
    assert not schema.allows(b"1")


@VERSIONS
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("time", "12:30:00Z", True),
        ("time", "12:30:00.5+01:00", True),
        ("time", "12:30:00", True),
        ("time", "25:00:00Z", False),
        ("regex", r"^\p{L}$", True),
        ("regex", "(", False),
        ("date", "2024-02-30", False),
        ("uri-reference", "/lamps?q=a%20b#top", True),
        ("uri-reference", "/l\u00e4mps", True),
        ("uri-reference", "/a b<>", False),
        ("uri", "https://example.com/{id}", True),
        ("uri", "<https://example.com/>", False),
        ("unheard-of", "x", True),
    ],
)
def test_formats(version: str, name: str, value: str, allowed: bool) -> None:
    assert schema_of({"type": "string", "format": name}, version).allows(value) is allowed


@VERSIONS
@pytest.mark.parametrize(
    ("step", "value", "allowed"),
    [
        (0.01, 19.99, True),
        (0.1, -0.3, True),
        (0.1, 0.35, False),
        (7, 10**400 * 7, True),
        (7, 2**70 * 7 + 1, False),
        (2, True, True),
    ],
)
def test_multiples_are_judged_as_they_are_written(version: str, step: float, value: float, allowed: bool) -> None:
    assert schema_of({"multipleOf": step}, version).allows(value) is allowed


def test_limits_are_left_out_as_each_version_writes_it() -> None:
    old, new = {"minimum": 5, "exclusiveMinimum": True}, {"exclusiveMinimum": 5}

    assert [schema_of(node, version).exclusive_minimum for node, version in ((old, "3.0.3"), (new, "3.1.0"))] == [5, 5]
    assert [schema_of(node, version).allows(5) for node, version in ((old, "3.0.3"), (new, "3.1.0"))] == [False, False]


@VERSIONS
def test_a_pattern_decides_where_libraries_read_a_format_each_in_its_own_way(version: str) -> None:
    odd = "k@x.ab--cd.example"
    told = {"type": "string", "format": "email", "pattern": "^[a-z.@-]+$"}

    assert schema_of(told, version).allows(odd)
    assert not schema_of(told, version).allows("K")
    assert not schema_of({"type": "string", "format": "email"}, version).allows("no address")
    # What is a date, everybody reads in one way.
    assert not schema_of(told | {"format": "date"}, version).allows("a-b")


def test_the_generator_is_told_of_such_a_format_what_to_make_and_no_more() -> None:
    told = {"type": "string", "format": "email", "pattern": "^[a-z.@-]+$"}
    raw = {"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"Address": told, "Day": {"format": "date"}}}}

    generated = Document(Path("openapi.yaml"), raw, {}).for_generator(examples=False)["components"]["schemas"]

    assert generated["Address"]["format"] == "email by its pattern"
    assert generated["Day"]["format"] == "date"
