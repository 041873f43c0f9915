"""Parameters as the model has them: of the path and of the operation, by reference, and refused where they are none."""

import re
from pathlib import Path

import pytest

from bookplate.contract import Document, Operation

from .conftest import Read

NOTES = """
paths:
  /notes/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: size, in: query, schema: {type: integer, maximum: 10}}
      - {name: Size, in: header, schema: {type: string}}
    get:
      operationId: get_note
      parameters:
        - {name: size, in: query, required: true, example: 7, schema: {type: integer, maximum: 99}}
        - {$ref: '#/components/parameters/Tag'}
      responses: {'200': {description: A note.}}
    delete:
      operationId: delete_note
      responses: {'204': {description: Gone.}}
components:
  parameters:
    Tag: {name: If-Match, in: header, required: true, schema: {type: string}}
"""


def names(operation: Operation) -> list[tuple[str, str]]:
    return [(parameter.place, parameter.name) for parameter in operation.parameters]


def test_an_operation_has_the_parameters_of_its_path(read: Read) -> None:
    assert names(read(NOTES).operation("delete_note")) == [("path", "id"), ("query", "size"), ("header", "Size")]


def test_an_operation_may_declare_a_parameter_of_its_path_anew(read: Read) -> None:
    """It is one parameter where name and place are the same: the path's `size` in a header stays."""
    operation = read(NOTES).operation("get_note")

    assert names(operation) == [("path", "id"), ("query", "size"), ("header", "Size"), ("header", "If-Match")]
    (size,) = operation.query_parameters
    assert (size.required, size.schema.maximum, size.examples) == (True, 99, (7,))


def test_the_parameter_of_the_path_stays_as_it_was_for_others(read: Read) -> None:
    (size,) = read(NOTES).operation("delete_note").query_parameters

    assert (size.required, size.schema.maximum, size.examples) == (False, 10, ())


def test_references_are_followed_and_names_of_headers_have_no_case(read: Read) -> None:
    operation = read(NOTES).operation("get_note")

    tag = operation.parameter("if-match", "header")

    assert tag is not None
    assert (tag.name, tag.required, tag.schema.type) == ("If-Match", True, "string")
    assert operation.has_parameter("IF-MATCH", "header")
    assert operation.parameter("If-Match", "query") is None


def test_a_parameter_without_a_schema_takes_every_value(read: Read) -> None:
    document = read("paths: {/a: {get: {operationId: a, parameters: [{name: q, in: query}], responses: {}}}}")

    (parameter,) = document.operation("a").parameters

    assert parameter.schema.is_empty
    assert parameter.schema.allows(7)


@pytest.mark.parametrize("parameter", ["{in: query}", "{name: a}", "{name: a, in: body}", "just text"])
def test_what_is_no_parameter_is_told_with_its_line(read: Read, parameter: str) -> None:
    text = f"paths:\n  /a:\n    get:\n      operationId: a\n      parameters:\n        - {parameter}\n"

    document = read(text)

    (told,) = document.mistakes
    assert re.search(r"openapi\.yaml:8: a parameter has no name, or no place: write name", str(told))
    reason = document.operation("a").unreadable
    assert re.fullmatch(r"in \S+openapi\.yaml:8, a parameter has no name, or no place", reason)


@pytest.mark.parametrize("security", ["key", "[key]"])
def test_security_that_is_no_list_of_schemes_is_told_with_its_line(read: Read, security: str) -> None:
    document = read(
        f"paths:\n  /a:\n    get:\n      operationId: a\n      security: {security}\n      responses: {{}}\n"
    )

    (told,) = document.mistakes
    assert re.search(r"openapi\.yaml:7: its security is no list of schemes: write", str(told))
    assert document.operation("a").security == ()


def test_security_has_alternatives_of_schemes(read: Read) -> None:
    document = read(
        """
        security: [{token: []}]
        paths:
          /a: {get: {operationId: a, responses: {}}, put: {operationId: open, security: [], responses: {}}}
          /b: {get: {operationId: b, security: [{token: [read], key: []}, {}], responses: {}}}
        """
    )

    assert [each.security for each in document.operations] == [
        ({"token": ()},),
        (),
        ({"token": ("read",), "key": ()}, {}),
    ]
    assert [each.secured for each in document.operations] == [True, False, False]


def test_the_document_says_where_it_stands(read: Read) -> None:
    document: Document = read(NOTES)

    assert document.where(document.operation("get_note").pointer).endswith("openapi.yaml:9")


# ── How a value is written ────────────────────────────────────────────────────────────────────────────────────────────
STYLED = """
paths:
  /rows/{id}:
    get:
      operationId: list_rows
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: colours, in: query, schema: {type: array, items: {type: string}}}
        - {name: where, in: query, style: deepObject, explode: true, allowReserved: true, schema: {type: object}}
        - {name: rows, in: query, style: pipeDelimited, schema: {type: array, items: {type: integer}}}
        - {name: X-Shop, in: header, schema: {type: string}}
        - {name: shop, in: cookie, schema: {type: string}}
      responses: {'200': {description: Rows.}}
"""


@pytest.mark.parametrize(
    ("name", "place", "style"),
    [
        ("id", "path", ("simple", False, False)),
        ("colours", "query", ("form", True, False)),
        ("where", "query", ("deepObject", True, True)),
        ("rows", "query", ("pipeDelimited", False, False)),
        ("X-Shop", "header", ("simple", False, False)),
        ("shop", "cookie", ("form", True, False)),
    ],
)
def test_a_parameter_has_the_style_of_its_place_where_it_declares_none(
    read: Read, name: str, place: str, style: tuple[str, bool, bool]
) -> None:
    parameter = read(STYLED).operation("list_rows").parameter(name, place)

    assert parameter is not None
    assert (parameter.style.name, parameter.style.explode, parameter.style.allow_reserved) == style


def test_a_parameter_may_have_content_instead_of_a_schema(read: Read) -> None:
    document = read(
        """
        paths:
          /rows:
            get:
              operationId: find
              parameters:
                - name: filter
                  in: query
                  content: {application/json: {schema: {type: object}, examples: {one: {$ref: '#/components/examples/One'}}}}
              responses: {}
        components: {examples: {One: {value: {colour: teal}}}}
        """
    )

    (parameter,) = document.operation("find").parameters

    assert parameter.media_type == "application/json"
    assert parameter.schema.type == "object"
    assert parameter.examples == ({"colour": "teal"},)


def test_examples_of_a_parameter_are_found_by_reference(read: Read) -> None:
    document = read(
        """
        paths: {/a: {get: {operationId: a, parameters: [{name: q, in: query, examples: {one: {$ref: '#/components/examples/One'}}}], responses: {}}}}
        components: {examples: {One: {value: 7}}}
        """
    )

    assert document.operation("a").parameters[0].examples == (7,)


OF_HTTP = """
paths:
  /notes:
    parameters: [{name: Accept, in: header, required: true, schema: {type: string, enum: [text/csv]}}]
    get:
      operationId: list_notes
      parameters:
        - {name: content-type, in: header, schema: {type: string}}
        - {$ref: '#/components/parameters/Token'}
        - {name: accept, in: query, schema: {type: string}}
      responses: {'200': {description: All notes., headers: {Content-Type: {required: true, schema: {type: integer}}}}}
components:
  parameters:
    Token: {name: AUTHORIZATION, in: header, required: true, schema: {type: string}}
"""


def test_what_http_says_by_itself_is_no_parameter_and_no_header(read: Read) -> None:
    """OpenAPI ignores Accept, Content-Type and Authorization there, in any case."""
    document = read(OF_HTTP)

    assert names(document.operation("list_notes")) == [("query", "accept")]
    assert dict(document.operation("list_notes").success.headers) == {}


def test_the_generator_gets_no_parameters_that_are_ignored(read: Read) -> None:
    item = read(OF_HTTP).for_generator(examples=True)["paths"]["/notes"]

    assert item["parameters"] == []
    assert [each.get("name") for each in item["get"]["parameters"]] == ["accept"]


def test_a_parameter_for_the_whole_query_is_left_alone(tmp_path: Path) -> None:
    """It is new in 3.2; where it is required, nobody here can send it."""
    path = tmp_path / "openapi.yaml"
    query = "{{name: q, in: querystring, required: {}, content: {{text/plain: {{schema: {{type: string}}}}}}}}"
    paths = [
        f"  /{each}: {{get: {{parameters: [{query.format(each)}], responses: {{}}}}}}" for each in ("true", "false")
    ]
    path.write_text("openapi: 3.2.0\ninfo: {title: Notes, version: '1'}\npaths:\n" + "\n".join(paths), "utf-8")

    document = Document.load(path)

    assert document.mistakes == ()
    needed, left_alone = (operation.unreadable for operation in document.operations)
    assert "is the whole of the query" in needed
    assert left_alone == ""
