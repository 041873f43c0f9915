"""A document of Swagger 2.0 is read as one of OpenAPI 3.0 that says the same, where a service shows nothing else."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from bookplate.contract import Document
from bookplate.contract.lines import DocumentError
from bookplate.contract.validity import mistakes

Convert = Callable[..., Document]

HEAD = "swagger: '2.0'\ninfo: {title: Moths, version: 1.0.0}\n"
WHOLE = """
    host: moths.invalid
    basePath: /api/v2
    schemes: [https, http]
    consumes: [application/json]
    produces: [application/json, application/xml]
    tags: [{name: moths}]
    externalDocs: {url: 'https://moths.invalid/about'}
    x-team: insects
    security: [{key: []}]
    securityDefinitions:
      key: {type: apiKey, name: X-Key, in: header, x-owner: us}
      plain: {type: basic, description: name and password}
      code: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a.invalid/a', tokenUrl: 'https://a.invalid/t',
        scopes: {'read:moths': see them}}
      machine: {type: oauth2, flow: application, tokenUrl: 'https://a.invalid/t', scopes: {}}
      person: {type: oauth2, flow: password, tokenUrl: 'https://a.invalid/t', scopes: {}}
      browser: {type: oauth2, flow: implicit, authorizationUrl: 'https://a.invalid/a', scopes: {}}
    parameters:
      size: {name: size, in: query, type: integer, maximum: 50, default: 10, description: how many}
      new_moth: {name: moth, in: body, required: true, description: the moth, schema: {$ref: '#/definitions/Moth'}}
    responses:
      gone:
        description: it is not there
        schema: {$ref: '#/definitions/Trouble'}
        examples: {application/json: {message: no such moth}}
    definitions:
      Moth:
        type: object
        required: [kind]
        discriminator: kind
        properties:
          kind: {type: string}
          span: {type: number, x-nullable: true}
          found: {$ref: '#/definitions/Place'}
      Place: {type: object, properties: {discriminator: {type: string}, type: {type: string}}}
      Trouble: {type: object, properties: {message: {type: string}}}
      List«Moth»: {type: array, items: {$ref: '#/definitions/Moth'}}
    paths:
      /moths:
        get:
          operationId: list_moths
          x-cost: 3
          parameters:
            - $ref: '#/parameters/size'
            - {name: kind, in: query, type: array, items: {type: string}}
            - {name: place, in: query, type: array, collectionFormat: multi, items: {type: string}}
            - {name: colour, in: query, type: array, collectionFormat: ssv, items: {type: string}}
            - {name: month, in: query, type: array, collectionFormat: pipes, items: {type: integer}}
            - {name: night, in: query, type: string, allowEmptyValue: true, x-hint: any}
          responses:
            '200':
              description: some of them
              schema: {$ref: '#/definitions/List%C2%ABMoth%C2%BB'}
              headers: {X-Total: {type: integer, description: how many there are, minimum: 0}}
            default: {$ref: '#/responses/gone'}
        post:
          operationId: add_moth
          security: [{code: ['read:moths']}]
          parameters: [{$ref: '#/parameters/new_moth'}]
          responses: {'201': {description: added, schema: {$ref: '#/definitions/Moth'}}, '400': {description: wrong}}
      /moths/{moth}/picture:
        parameters:
          - {name: moth, in: path, required: true, type: string, pattern: '^[a-z]+$'}
          - {name: X-Trace, in: header, type: string}
        get:
          produces: [image/png]
          parameters: [{name: X-Trace, in: header, type: array, items: {type: string}, required: true}]
          responses: {'200': {description: it, schema: {type: file}}, '404': {$ref: '#/responses/gone'}}
        put:
          consumes: [multipart/form-data, application/x-www-form-urlencoded]
          parameters:
            - {name: picture, in: formData, type: file, required: true, description: a PNG}
            - {name: notes, in: formData, type: array, items: {type: string}, collectionFormat: multi}
          responses: {'204': {description: stored}}
        post:
          schemes: [https]
          parameters:
            - {name: title, in: formData, type: string, minLength: 3, required: true, x-width: 40}
            - {name: stars, in: formData, type: integer}
          responses: {'204': {description: titled}}
"""


@pytest.fixture(name="convert")
def _convert(tmp_path: Path) -> Convert:
    """Return a function that reads a document of Swagger 2.0, whose head is already written."""

    def convert(text: str) -> Document:
        path = tmp_path / "swagger.yaml"
        path.write_text(HEAD + dedent(text).strip("\n") + "\n", encoding="utf-8")
        return Document.load(path, takes_swagger=True)

    return convert


@pytest.fixture(name="whole")
def _whole(convert: Convert) -> dict[str, Any]:
    return convert(WHOLE).plain()


def operation(text: str) -> str:
    """Return a document that has one operation."""
    return "paths:\n  /moths:\n    post:\n      responses: {'204': {description: done}}\n" + indent(
        dedent(text), " " * 6
    )


def told(document: Document) -> list[str]:
    """Return the notices beside the one that says how the document was read."""
    return [str(notice) for notice in document.notices if "is read as OpenAPI 3.0" not in notice.text]


def test_what_comes_of_it_is_valid(convert: Convert) -> None:
    document = convert(WHOLE)

    assert list(OpenAPIV30SpecValidator(document.plain()).iter_errors()) == []
    assert [str(mistake) for mistake in mistakes(document)] == []
    assert told(document) == []


def test_one_notice_says_how_it_was_read(convert: Convert) -> None:
    document = convert("paths: {}")

    assert [str(notice) for notice in document.notices] == [
        f"{document.location}: is Swagger 2.0, and is read as OpenAPI 3.0; to have it as a file for --document, "
        f"convert it with `npx swagger2openapi {document.location} -o openapi.json`"
    ]


def test_a_document_that_somebody_names_is_not_converted(convert: Convert) -> None:
    path = convert("paths: {}").path

    with pytest.raises(DocumentError, match=r"is Swagger 2\.0, which is not read: convert it"):
        Document.load(path)


def test_what_is_said_of_the_whole_stays(whole: dict[str, Any]) -> None:
    kept = {"info", "tags", "externalDocs", "x-team", "security"}

    assert whole.keys() == {"openapi", "servers", "paths", "components", *kept}
    assert whole["security"] == [{"key": []}]
    assert whole["paths"]["/moths"]["get"]["x-cost"] == 3


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (
            "host: moths.invalid\nbasePath: /api\nschemes: [https, ws]",
            ["https://moths.invalid/api", "ws://moths.invalid/api"],
        ),
        ("host: moths.invalid:81", ["https://moths.invalid:81/"]),
        ("basePath: api/v1", ["/api/v1"]),
        ("", ["/"]),
    ],
)
def test_where_it_is_served(convert: Convert, text: str, urls: list[str]) -> None:
    document = convert(f"{text}\npaths: {{}}")

    assert [server["url"] for server in document.plain()["servers"]] == urls


def test_the_target_wins_over_its_host(convert: Convert) -> None:
    document = convert(WHOLE)

    assert document.served_at("http://127.0.0.1:8000").base_path == "/api/v2"
    assert document.served_at("http://127.0.0.1:8000/here").base_path == "/here"


def test_credentials(whole: dict[str, Any]) -> None:
    schemes = whole["components"]["securitySchemes"]

    assert schemes["key"] == {"type": "apiKey", "name": "X-Key", "in": "header", "x-owner": "us"}
    assert schemes["plain"] == {"type": "http", "scheme": "basic", "description": "name and password"}
    assert schemes["code"] == {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "https://a.invalid/a",
                "tokenUrl": "https://a.invalid/t",
                "scopes": {"read:moths": "see them"},
            }
        },
    }
    flows = {name: [*schemes[name]["flows"]] for name in ("machine", "person", "browser")}
    assert flows == {"machine": ["clientCredentials"], "person": ["password"], "browser": ["implicit"]}


def test_parameters(whole: dict[str, Any]) -> None:
    size, kind, place, colour, month, night = whole["paths"]["/moths"]["get"]["parameters"]

    about = {"name": "size", "in": "query", "description": "how many"}
    assert size == {**about, "schema": {"type": "integer", "maximum": 50, "default": 10}}
    assert kind["schema"] == {"type": "array", "items": {"type": "string"}}
    assert [(each.get("style"), each.get("explode")) for each in (kind, place, colour, month)] == [
        ("form", False),
        ("form", True),
        ("spaceDelimited", False),
        ("pipeDelimited", False),
    ]
    assert night == {
        "name": "night",
        "in": "query",
        "allowEmptyValue": True,
        "x-hint": "any",
        "schema": {"type": "string"},
    }


def test_an_operation_has_the_parameters_of_its_path_but_for_those_of_its_own(whole: dict[str, Any]) -> None:
    item = whole["paths"]["/moths/{moth}/picture"]

    assert "parameters" not in item
    assert [(each["name"], each.get("required", False)) for each in item["get"]["parameters"]] == [
        ("moth", True),
        ("X-Trace", True),
    ]
    assert [each["schema"]["type"] for each in item["put"]["parameters"]] == ["string", "string"]


def test_a_body(whole: dict[str, Any]) -> None:
    assert whole["paths"]["/moths"]["post"]["requestBody"] == {
        "description": "the moth",
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Moth"}}},
    }


def test_a_form(whole: dict[str, Any]) -> None:
    body = whole["paths"]["/moths/{moth}/picture"]["post"]["requestBody"]

    assert body == {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["title"],
                    "properties": {
                        "title": {"type": "string", "minLength": 3, "x-width": 40},
                        "stars": {"type": "integer"},
                    },
                }
            }
        },
    }


def test_a_file_travels_in_parts(whole: dict[str, Any]) -> None:
    content = whole["paths"]["/moths/{moth}/picture"]["put"]["requestBody"]["content"]

    assert [*content] == ["multipart/form-data"]
    members = content["multipart/form-data"]["schema"]["properties"]
    assert members["picture"] == {"type": "string", "format": "binary", "description": "a PNG"}
    assert content["multipart/form-data"]["encoding"] == {"notes": {"style": "form", "explode": True}}


@pytest.mark.parametrize(
    ("consumes", "types"),
    [
        ("[multipart/form-data]", ["multipart/form-data"]),
        (
            "[application/x-www-form-urlencoded, multipart/form-data]",
            ["application/x-www-form-urlencoded", "multipart/form-data"],
        ),
        ("[application/json]", ["application/x-www-form-urlencoded"]),
        ("[]", ["application/x-www-form-urlencoded"]),
    ],
)
def test_a_form_travels_as_the_operation_says(convert: Convert, consumes: str, types: list[str]) -> None:
    form = f"consumes: {consumes}\nparameters: [{{name: title, in: formData, type: string}}]\n"

    body = convert(operation(form)).plain()["paths"]["/moths"]["post"]["requestBody"]

    assert ([*body["content"]], body["required"]) == (types, False)


def test_responses(whole: dict[str, Any]) -> None:
    listed = whole["paths"]["/moths"]["get"]["responses"]

    assert listed["200"]["headers"] == {
        "X-Total": {"description": "how many there are", "schema": {"type": "integer", "minimum": 0}}
    }
    assert [*listed["200"]["content"]] == ["application/json", "application/xml"]
    trouble = {"$ref": "#/components/schemas/Trouble"}
    assert listed["default"]["content"] == {
        "application/json": {"schema": trouble, "example": {"message": "no such moth"}},
        "application/xml": {"schema": trouble},
    }
    assert whole["paths"]["/moths"]["post"]["responses"]["400"] == {"description": "wrong"}


def test_a_response_by_name_has_the_media_types_of_the_operation(whole: dict[str, Any]) -> None:
    responses = whole["paths"]["/moths/{moth}/picture"]["get"]["responses"]

    assert responses["200"]["content"] == {"image/png": {"schema": {"type": "string", "format": "binary"}}}
    assert "image/png" in responses["404"]["content"]


def test_content_of_an_unknown_media_type(convert: Convert) -> None:
    """Where nothing says which media types there are, a request is JSON and an answer may be anything."""
    text = operation("parameters: [{name: moth, in: body, schema: {type: object}}]\n")
    document = convert(text.replace("{description: done}", "{description: done, schema: {type: object}}"))

    made = document.plain()["paths"]["/moths"]["post"]

    assert [*made["requestBody"]["content"]] == ["application/json"]
    assert [*made["responses"]["204"]["content"]] == ["*/*"]


def test_schemas(whole: dict[str, Any]) -> None:
    schemas = whole["components"]["schemas"]

    assert schemas["Moth"]["discriminator"] == {"propertyName": "kind"}
    assert schemas["Moth"]["properties"]["span"] == {"type": "number", "x-nullable": True, "nullable": True}
    assert schemas["Moth"]["properties"]["found"] == {"$ref": "#/components/schemas/Place"}
    assert schemas["Place"]["properties"] == {"discriminator": {"type": "string"}, "type": {"type": "string"}}


def test_names_that_openapi_does_not_have_are_others(convert: Convert) -> None:
    document = convert(
        """
        securityDefinitions: {my key: {type: apiKey, name: k, in: query}}
        security: [{my key: []}]
        definitions: {A b: {type: string}, A_b: {type: integer}, 'A:b': {$ref: '#/definitions/A b'}}
        paths: {}
        """
    )

    plain = document.plain()
    assert plain["components"]["schemas"] == {
        "A_b_": {"type": "string"},
        "A_b": {"type": "integer"},
        "A_b__": {"$ref": "#/components/schemas/A_b_"},
    }
    assert plain["security"] == [{"my_key": []}]
    assert list(mistakes(document)) == []


def test_each_part_keeps_its_line(convert: Convert) -> None:
    document = convert(WHOLE)
    lines = document.path.read_text(encoding="utf-8").splitlines()

    def line(pointer: str) -> str:
        return lines[document.line(pointer) - 1].strip()

    assert line("/components/schemas/Place").startswith("Place:")
    assert line("/paths/~1moths/get/parameters/0/schema/maximum").startswith("size:")
    assert line("/paths/~1moths/post/requestBody").startswith("new_moth:")
    assert line("/paths/~1moths/get/responses/default/content/application~1json").startswith("gone:")
    assert line("/components/securitySchemes/plain/scheme").startswith("plain:")


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (
            "parameters: [{name: a, in: query, type: array, items: {type: string}, collectionFormat: tsv}]",
            "no word for collectionFormat tsv here: the array is taken for a text",
        ),
        (
            "parameters: [{name: a, in: header, type: array, items: {type: string}, collectionFormat: pipes}]",
            "no word for collectionFormat pipes here: the array is taken for a text",
        ),
        (
            "parameters: [{name: a, in: formData, type: string, allowEmptyValue: true}]",
            "cannot say that a member of a form may be empty",
        ),
        (
            "parameters: [{name: a, in: query, type: array,"
            " items: {type: array, collectionFormat: ssv, items: {type: string}}}]",
            "cannot say how arrays within arrays are written",
        ),
        (
            "parameters: [{name: a, in: body, schema: {type: array, items: [{type: string}, {type: integer}]}}]",
            "has one schema for all items",
        ),
    ],
)
def test_what_has_no_counterpart_is_told_with_its_line(convert: Convert, text: str, notice: str) -> None:
    document = convert(operation(text))

    assert [each.partition(": ")[0] for each in told(document)] == [f"{document.location}:7"]
    assert notice in told(document)[0]
    assert list(mistakes(document)) == []


def test_several_types_at_once(convert: Convert) -> None:
    """The schema of Swagger lets them pass; OpenAPI 3.0 has one type alone."""
    document = convert(
        """
        paths: {}
        definitions:
          Span: {type: [number, 'null']}
          Name: {type: [string, integer]}
        """
    )

    schemas = document.plain()["components"]["schemas"]
    assert schemas["Span"] == {"type": "number", "nullable": True}
    assert schemas["Name"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert list(mistakes(document)) == []


@pytest.mark.parametrize(
    "text",
    [
        "paths: []",
        "paths: {/moths: 7, x-more: 1}",
        "paths: {/moths: {get: 7, parameters: 7, put: {parameters: [7, {}], responses: []}}}",
        "paths: {/moths: {get: {responses: {'200': 7, '201': {headers: 7, examples: 7}, x-a: 1}}}}",
        "paths: {/moths: {get: {responses: {'200': {headers: {X-A: 7}, schema: 7}}}}}",
        "paths: {/moths: {get: {parameters: [{$ref: '#/parameters/a'}]}}}\nparameters: {a: {$ref: '#/parameters/a'}}",
        "paths: {/moths: {get: {parameters: [{$ref: '#/nowhere'}], responses: {'200': {$ref: 7}}}}}",
        "paths: {}\nsecurityDefinitions: {a: 7, b: {type: oauth2}}\nsecurity: [7]\ndefinitions: {A: 7}\nschemes: 7",
        "host: 7\nbasePath: 7\nconsumes: 7\nproduces: [7]\npaths: {/a: {post: {parameters: [{in: body}, {in: formData}]}}}",
    ],
)
def test_what_is_no_swagger_is_a_mistake_and_no_crash(convert: Convert, text: str) -> None:
    document = convert(text)

    assert document.operations is not None
    assert [str(mistake) for mistake in mistakes(document)] != []


def test_a_parameter_without_a_type_is_a_mistake_and_promises_nothing(convert: Convert) -> None:
    document = convert(operation("parameters: [{name: a, in: query}, {name: b, in: query, type: string}]\n"))

    first, second = document.operations[0].parameters
    assert (first.schema.is_known, second.schema.is_known) == (False, True)
    assert [str(mistake) for mistake in mistakes(document)] == [
        f"{document.location}:7: a value has no type, so nobody knows what it has to be: write one"
    ]


def test_what_stands_in_another_file_is_told(convert: Convert) -> None:
    document = convert("paths: {/moths: {get: {parameters: [{$ref: 'other.yaml#/a'}], responses: {}}}}")

    assert [each.partition(": ")[2] for each in told(document)] == [
        "stands in another file, which is not converted: what it says is not checked"
    ]
