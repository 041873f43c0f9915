"""A document is judged by the standard, every mistake with its line, and by nothing else."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from bookplate.contract import Document, mistakes

from .conftest import Read

INFO = "info: {title: T, version: '1'}\n"


def told(document: Document) -> list[str]:
    """Return each mistake with the number of its line in place of the whole place."""
    return [f"{mistake.place.rpartition(':')[2]}: {mistake.text}" for mistake in mistakes(document)]


WORDS = """
paths:
  /words:
    get:
      operationId: list_words
      x-codeSamples: [{lang: shell, source: curl}]
      parameters:
        - {name: type, in: query, schema: {type: array, items: {type: integer}}, example: '1,2'}
        - {name: page, in: query, schema: {type: integer}, example: '7'}
      responses:
        x-note: any
        '200':
          description: ok
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Word'}
              example: {type: verb, example: 1, properties: [a], schema: null, items: 7, $ref: x, default: d}
            text/plain:
              schema: {type: object}
              example: type=verb
components:
  schemas:
    Word:
      type: object
      additionalProperties: {type: string}
      properties:
        type: {type: string}
        example: {type: integer}
        properties: {type: array, items: {type: string}}
        schema: {}
        items: {type: integer, example: 1}
        $ref: {type: string}
        default: {type: string}
        enum: {type: string, enum: [a]}
    Tree: {type: object, properties: {children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}
    Pattern: {type: string, pattern: '^\\p{L}+$', example: abc}
    Upload: {type: object, properties: {file: {type: string, format: binary}}, example: file=@verbs.csv}
    Rows: {type: array, items: {type: string}, example: 'verb;noun'}
  examples:
    Verb: {value: {type: verb, example: to sleep, $ref: x}}
  x-other: 7
x-tagGroups: []
"""


def test_names_of_members_and_examples_are_no_keywords(read: Read) -> None:
    assert told(read(WORDS)) == []


MANY = """
paths:
  /a/{id}:
    get:
      operationId: same
      responses: {'200': {descripton: ok}}
  /b:
    get:
      operationId: same
      parameters:
        - {name: q, in: query, schema: {type: integer}}
        - {name: q, in: query, schema: {type: strin}}
      security: [{unknown: []}]
      responses:
        '200':
          description: ok
          content: {application/json: {schema: {type: integer}, example: seven}}
  /b/{one}: {parameters: [{name: one, in: path, required: true, schema: {}}], get: {responses: {}}}
  /b/{two}: {parameters: [{name: two, in: path, required: true, schema: {}}], put: {responses: {}}}
servers: [{url: '/{v}'}]
"""


def test_every_mistake_is_told_with_its_line_and_a_remedy(read: Read) -> None:
    found = told(read(MANY))

    parts = [
        "7: 'description' is a required property: add it",
        "7: 'descripton' means nothing here: remove it or mend its name",
        "4: operationId 'same' stands 2 times: rename one",
        "9: operationId 'same' stands 2 times: rename one",
        "22: /b/{two} is the same path as /b/{one}: put their operations together",
        "5: parameter 'id' of /a/{id} is not declared: declare it, with in: path",
        "13: parameter 'q' in query stands twice: remove one",
        "14: security scheme 'unknown' is not declared: add it to components/securitySchemes",
        "23: variable 'v' of the server has no default: add it below variables",
        "18: the example breaks its schema at /: \"seven\" is not of type 'integer': mend one of both",
    ]
    lines = {line.partition(": ")[2] for line in found}
    assert [part for part in parts if part.partition(": ")[2] not in lines] == []
    assert any("'strin'" in line for line in found)
    assert all(": " in line and "\n" not in line for line in found)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("name: box, in: path, schema: {}", "'required' is a required property: add it"),
        ("name: box, in: path, required: true", "neither of content, schema is there: add one"),
        ("name: box, in: path, required: true, style: form, schema: {}", "'form' is not one of"),
        ("name: box, in: query, style: label, schema: {}", "'label' is not one of"),
    ],
)
def test_a_parameter_is_judged_as_the_kind_that_it_says(
    tmp_path: Path, version: str, parameter: str, expected: str
) -> None:
    """The line names what is wrong of that kind, not that no alternative of the schema of OpenAPI holds."""
    path = tmp_path / "openapi.yaml"
    get = f"get: {{operationId: open_box, parameters: [{{{parameter}}}], responses: {{'200': {{description: ok}}}}}}"
    path.write_text(f"openapi: {version}\n{INFO}paths:\n  /boxes/{{box}}:\n    {get}\n", encoding="utf-8")

    first, *_ = mistakes(Document.load(path))

    assert first.text.startswith(expected)


VALID = {
    "3.0 without operations": "openapi: 3.0.3\n" + INFO + "paths: {}\n",
    "3.1 with webhooks alone": "openapi: 3.1.0\n"
    + INFO
    + "webhooks: {a: {post: {responses: {'200': {description: ok}}}}}\n",
    "3.1 with components alone": "openapi: 3.1.0\n" + INFO + "components: {schemas: {A: true}}\n",
    "3.2": """
        openapi: 3.2.0
        $self: https://example.com/openapi.yaml
        info: {title: T, version: '1'}
        tags: [{name: a, kind: nav}, {name: b, parent: a}]
        paths:
          /a:
            query: {operationId: ask, responses: {'200': {description: ok}}}
            additionalOperations: {COPY: {operationId: copy, responses: {'200': {description: ok}}}}
            get:
              operationId: stream
              responses:
                '200': {summary: ok, content: {application/jsonl: {itemSchema: {type: object}}}}
        """,
    "3.1 with older examples": """
        openapi: 3.1.0
        info: {title: T, version: '1', summary: s}
        paths: {}
        components:
          schemas:
            A: {type: [integer, 'null'], examples: [1, null], default: many}
            B: {$schema: 'http://json-schema.org/draft-07/schema#', definitions: {a: {type: string}}, items: [{}]}
            C: {prefixItems: [{type: string}], if: {type: array}, then: {minItems: 1}, $comment: c}
        """,
    "3.0 with read-only and write-only members in one example": """
        openapi: 3.0.3
        info: {title: T, version: '1'}
        paths: {}
        components:
          schemas:
            A:
              type: object
              required: [id, secret]
              properties: {id: {type: integer, readOnly: true}, secret: {type: string, writeOnly: true}}
              example: {id: 1, secret: s}
        """,
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID.keys())
def test_what_the_standard_allows_is_no_mistake(tmp_path: Path, text: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(dedent(text), encoding="utf-8")

    assert told(Document.load(path)) == []


@pytest.mark.parametrize(
    ("version", "schema", "expected"),
    [
        (
            "3.0.3",
            "{type: integer, default: many}",
            ["the default is of another type at /: \"many\" is not of type 'integer'"],
        ),
        ("3.0.3", "{type: integer, maximum: 1, default: 7}", []),
        ("3.0.3", "{type: integer, const: 1}", ["'const' means nothing here"]),
        ("3.1.0", "{type: integer, nullable: true}", []),
        ("3.1.0", "{type: number, minimum: one}", ["'one' is not of type 'number'"]),
        ("3.1.0", "{properties: {a: {items: 7}}}", ["7 is not of type"]),
    ],
)
def test_schemas_are_judged_by_the_version_of_the_document(
    tmp_path: Path, version: str, schema: str, expected: list[str]
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(
        f"openapi: {version}\n{INFO}paths: {{}}\ncomponents: {{schemas: {{A: {schema}}}}}\n", encoding="utf-8"
    )

    found = [mistake.text for mistake in mistakes(Document.load(path))]

    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


def test_operations_without_an_id_get_different_ones(read: Read) -> None:
    document = read(
        """
        paths:
          /a-b: {get: {responses: {}}, put: {operationId: get_a_b_2, responses: {}}}
          /a/b: {get: {responses: {}}}
          /a.b/: {get: {responses: {}}}
          /notes/{id}.{form}: {get: {operationId: "read one/note.v2", responses: {}}}
          /straße: {get: {operationId: 7, responses: {}}}
        """
    )

    assert [operation.id for operation in document.operations] == [
        *("get_a_b", "get_a_b_2", "get_a_b_3", "get_a_b_4"),
        *("read one/note.v2", "7"),
    ]
    assert [parameter.name for parameter in document.operation("read one/note.v2").parameters] == ["id", "form"]


def test_two_operations_with_one_id_are_told_apart(read: Read) -> None:
    document = read("paths: {/a: {get: {operationId: x, responses: {}}}, /b: {get: {operationId: x, responses: {}}}}")

    assert [operation.id for operation in document.operations] == ["x", "x_2"]
    assert document.operation("x_2").path == "/b"


GENERATED = """
paths:
  /a:
    get:
      parameters: [{name: q, in: query, example: 1, schema: {type: integer, example: 2}}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {properties: {example: {example: 3}}}, example: {}}}}
        '204': {description: ok, content: {application/json: {schema: {type: object}}}}
  /b:
    post: {requestBody: {$ref: '#/lost'}, responses: {}}
"""


def test_the_generator_gets_ids_and_nothing_that_misleads_it(read: Read) -> None:
    document = read(GENERATED)

    (path,) = document.for_generator(examples=False)["paths"].values()

    operation = path["get"]
    assert operation["operationId"] == "get_a"
    assert operation["parameters"] == [{"name": "q", "in": "query", "schema": {"type": "integer"}}]
    assert operation["responses"]["200"]["content"] == {"application/json": {"schema": {"properties": {"example": {}}}}}
    assert operation["responses"]["204"] == {"description": "ok"}
    assert document.for_generator(examples=True)["paths"]["/a"]["get"]["parameters"][0]["example"] == 1


UNDECLARED = """
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /shelves/{shelf}/cups/{cup}:
    parameters: [{name: shelf, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {description: ok}}}
    put: {parameters: [{name: q, in: query}], responses: {'200': {description: ok}}}
"""


def test_the_generator_gets_each_parameter_of_a_path(read: Read) -> None:
    """It refuses a path with a parameter that is not declared, and the whole document with it."""
    (path,) = read(UNDECLARED).for_generator(examples=False)["paths"].values()

    cup = {"name": "cup", "in": "path", "required": True, "schema": {"type": "string"}}
    assert path["get"]["parameters"] == [cup]
    assert path["put"]["parameters"] == [{"name": "q", "in": "query"}, cup]


@pytest.mark.parametrize(
    ("version", "line", "mistake"),
    [
        ("3.0.3", "components: {schemas: {a b: {type: string}}}", "'a b' is no name for a component: use letters"),
        ("3.0.3", "components: {responses: {Ok«A»: {description: ok}}}", "'Ok«A»' is no name for a component"),
        (
            "3.1.0",
            "servers: [{url: 'http://a:{p}', variables: {p: {enum: ['1'], default: '2'}}}]",
            "the default of 'p'",
        ),
        ("3.0.3", "x-limit: .inf", "JSON has no number .inf: leave it out"),
        ("3.1.0", "x-limit: -.NaN", None),
        ("3.0.3", "servers: [{url: 'http://a:{p}', variables: {p: {enum: ['1'], default: '2'}}}]", None),
        ("3.0.3", "components: {schemas: {a.B-c_1: {type: string}}}", None),
        ("3.0.3", "components: {x-schemas: {a b: {type: string}}}", None),
    ],
)
def test_sentences_of_the_standard_that_no_schema_says(
    tmp_path: Path, version: str, line: str, mistake: str | None
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(f"openapi: {version}\n{INFO}paths: {{}}\n{line}\n", "utf-8")

    found = told(Document.load(path))

    assert [each.startswith(f"4: {mistake}") for each in found] == ([] if mistake is None else [True])


def test_a_document_on_one_line_is_told_of_every_mistake_and_its_pointer(tmp_path: Path) -> None:
    """Most documents that services show are one line, which is no place by itself."""
    schema = {"$ref": "#/components/schemas/Gone"}
    answer = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    get = {"operationId": "same", "tag": [], "responses": {"200": answer, "404": {"description": "none"}}}
    put = {**get, "description": "put"}
    path = tmp_path / "openapi.json"
    path.write_text(
        json.dumps(
            {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": get, "put": put}}}
        ),
        "utf-8",
    )

    found = told(Document.load(path))

    assert "1: #/components/schemas/Gone points at nothing: define it or mend the name" in found
    assert {each.partition(": ")[2] for each in found} >= {
        f"at /paths/~1a/{method}{mistake}"
        for method in ("get", "put")
        for mistake in (
            "/tag: 'tag' means nothing here: remove it or mend its name",
            ": operationId 'same' stands 2 times: rename one",
        )
    }
