"""Content as the model has it: which media type is sent, its examples, and how members of a form are encoded."""

from typing import Any

import pytest

from bookplate.contract import Operation
from bookplate.contract.media import Body

from .conftest import Read


def body_of(read: Read, content: str, components: str = "{}") -> Body:
    body = operation_of(read, content, components).body
    assert body is not None
    return body


def operation_of(read: Read, content: str, components: str = "{}") -> Operation:
    text = f"""
    paths:
      /notes:
        post: {{operationId: create_note, requestBody: {{content: {content}}}, responses: {{}}}}
    components: {components}
    """
    return read(text).operation("create_note")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("{text/plain: {}, application/xml: {}, application/json: {}}", "application/json"),
        ("{application/xml: {}, multipart/form-data: {}, application/hal+json: {}}", "application/hal+json"),
        ("{multipart/form-data: {}, application/x-www-form-urlencoded: {}}", "application/x-www-form-urlencoded"),
        ("{text/plain: {}, multipart/form-data: {}}", "multipart/form-data"),
        ("{image/png: {}, text/plain: {}}", "text/plain"),
        ("{text/xml: {}, application/octet-stream: {}}", "application/octet-stream"),
        ("{application/xml: {}}", "application/xml"),
        ("{'application/json; charset=utf-8': {}, text/plain: {}}", "application/json; charset=utf-8"),
        ("{application/merge-patch+json: {}, application/json: {}}", "application/merge-patch+json"),
    ],
)
def test_json_is_sent_before_forms_and_text(read: Read, content: str, name: str) -> None:
    assert body_of(read, content).media_type.name == name


@pytest.mark.parametrize(
    ("name", "sent_as"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/*+json", "application/json"),
        ("image/*", "image/png"),
        ("Application/JSON", "Application/JSON"),
    ],
)
def test_a_range_is_sent_as_one_media_type(read: Read, name: str, sent_as: str) -> None:
    assert operation_of(read, f"{{'{name}': {{}}}}").media_type == sent_as


def test_examples_are_found_by_reference(read: Read) -> None:
    content = "{application/json: {examples: {one: {$ref: '#/components/examples/One'}, two: {value: {text: 2}}}}}"

    body = body_of(read, content, "{examples: {One: {summary: First., value: {text: 1}}}}")

    assert body.examples == ({"text": 1}, {"text": 2})
    assert body.example == {"text": 1}


@pytest.mark.parametrize("example", ["{}", "false", "0", "''"])
def test_an_example_may_be_empty(read: Read, example: str) -> None:
    assert len(body_of(read, f"{{application/json: {{example: {example}}}}}").examples) == 1


def test_members_of_a_form_have_encodings(read: Read) -> None:
    encoding = (
        "{photo: {contentType: 'image/png, image/jpeg'}, tags: {style: pipeDelimited}, scan: {contentType: '*/*'}}"
    )
    media = body_of(read, f"{{multipart/form-data: {{encoding: {encoding}}}}}").media_type

    assert (media.encoding["photo"].content_type, media.encoding["photo"].style) == ("image/png", None)
    assert media.encoding["scan"].content_type == "application/octet-stream"
    style: Any = media.encoding["tags"].style
    assert (style.name, style.explode) == ("pipeDelimited", False)


def test_the_members_of_a_composed_body_are_those_of_all_its_parts(read: Read) -> None:
    components = """
      schemas:
        Note: {allOf: [{$ref: '#/components/schemas/Base'}, {required: [text], properties: {text: {type: string}}}]}
        Base: {type: object, required: [colour], properties: {colour: {type: string}, text: {type: integer}}}
    """
    operation = operation_of(read, "{application/json: {schema: {$ref: '#/components/schemas/Note'}}}", components)

    assert {*operation.members} == {"colour", "text"}
    assert {*operation.required_members} == {"colour", "text"}
