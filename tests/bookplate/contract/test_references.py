"""References lead to any place of a document and to the files beside it, and end as pointers into one tree."""

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bookplate.contract import Document, Schema, mistakes
from bookplate.contract import references as references_of_documents
from bookplate.contract.lines import DocumentError

HEAD = "openapi: {version}\ninfo: {{title: Notes, version: '1'}}\n"


def write(folder: Path, version: str = "3.1.0", **files: str) -> Path:
    """Write the files of a document; the first one gets its head."""
    for number, (name, text) in enumerate(files.items()):
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            (HEAD.format(version=version) if number == 0 else "") + dedent(text).strip("\n") + "\n", "utf-8"
        )
    return folder / next(iter(files)).replace("__", "/").replace("_", ".")


def answer(document: Document, operation_id: str) -> Schema:
    """Return the schema of a success."""
    schema = document.operation(operation_id).success.schema
    assert schema is not None
    return schema


def get(name: str, schema: str) -> str:
    content = f"{{description: ok, content: {{application/json: {{schema: {schema}}}}}}}"
    return f"{{get: {{operationId: {name}, responses: {{'200': {content}}}}}}}"


def test_a_document_may_stand_in_several_files(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml="""
        paths:
          /notes/{id}: {$ref: paths/note.yaml}
        components:
          schemas: {Id: {type: integer}}
        """,
        paths__note_yaml="""
        parameters: [{$ref: '../shared.yaml#/parameters/id'}]
        get:
          operationId: get_note
          responses:
            '200': {$ref: '../shared.yaml#/responses/Note'}
        """,
        shared_yaml="""
        parameters:
          id: {name: id, in: path, required: true, schema: {$ref: 'openapi.yaml#/components/schemas/Id'}}
        responses:
          Note:
            description: A note.
            content: {application/json: {schema: {$ref: 'more%20schemas/note.json#/$defs/~1note'}}}
        """,
        **{"more schemas__note_json": '{"$defs": {"/note": {"type": "object", "required": ["id"]}}}'},
    )

    document = Document.load(path)
    operation = document.operation("get_note")

    assert [parameter.schema.type for parameter in operation.parameters] == ["integer"]
    assert answer(document, "get_note").required == ("id",)
    assert document.where(operation.pointer) == f"{tmp_path}/paths/note.yaml:2"
    assert [*mistakes(document)] == []


def references(node: Any) -> list[str]:
    """Return every reference in plain data."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for member in node.values() for each in references(member)]
    return [each for member in node for each in references(member)] if isinstance(node, list) else []


def test_programs_that_read_openapi_get_one_whole_document(tmp_path: Path) -> None:
    path = write(
        tmp_path, openapi_yaml=f"paths:\n  /a: {get('a', '{$ref: b.yaml}')}", b_yaml="{type: array, items: {$ref: '#'}}"
    )

    document = Document.load(path)

    assert references(document.plain()) == ["#/x-bookplate-files/b.yaml", "#/x-bookplate-files/b.yaml"]
    assert answer(document, "a").allows([[], [[]]])
    assert not answer(document, "a").allows([[7]])


def test_path_items_and_components_may_refer_to_paths(tmp_path: Path) -> None:
    schema = "{$ref: '#/paths/~1b/get/responses/200/content/application~1json/schema'}"
    path = write(tmp_path, openapi_yaml=f"paths:\n  /a: {get('a', schema)}\n  /b: {get('b', '{type: integer}')}")

    document = Document.load(path)

    assert answer(document, "a").violations("x") == ["/: \"x\" is not of type 'integer'"]
    assert [*mistakes(document)] == []


def test_two_paths_may_share_a_path_item(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml=f"""
        paths:
          /a: {{$ref: '#/components/pathItems/One'}}
          /b: {{$ref: '#/components/pathItems/One'}}
        components: {{pathItems: {{One: {get("one", "{type: integer}")}}}}}
        """,
    )

    document = Document.load(path)

    assert [(operation.path, operation.id) for operation in document.operations] == [("/a", "one"), ("/b", "one_2")]
    assert [*mistakes(document)] == []


IDS = """
paths:
  /by-id: ONE
  /by-anchor: TWO
  /relative: THREE
  /plain: FOUR
components:
  schemas:
    Note: {$id: 'https://example.com/schemas/note', type: object, $defs: {title: {type: string}}, properties: {
      title: {$ref: '#/$defs/title'}, other: {$ref: '#/components/schemas/Number'}}}
    Number: {$anchor: number, type: integer}
    Near: {$id: 'https://example.com/schemas/near', items: {$ref: note}, type: array}
"""


def test_ids_and_anchors_are_names_in_3_1(tmp_path: Path) -> None:
    text = (
        IDS.replace("ONE", get("by_id", "{$ref: 'https://example.com/schemas/note'}"))
        .replace("TWO", get("by_anchor", "{$ref: '#number'}"))
        .replace("THREE", get("relative", "{$ref: 'https://example.com/schemas/near'}"))
        .replace("FOUR", get("plain", "{$ref: '#/components/schemas/Note'}"))
    )

    document = Document.load(write(tmp_path, openapi_yaml=text))

    assert not answer(document, "by_id").allows({"title": 7})
    assert not answer(document, "by_id").allows({"other": "x"})
    assert not answer(document, "by_anchor").allows("x")
    assert not answer(document, "relative").allows([{"title": 7}])
    assert answer(document, "plain").allows({"title": "x", "other": 1})
    assert [*mistakes(document)] == []


def test_an_id_is_a_member_like_others_in_3_0(tmp_path: Path) -> None:
    text = f"paths:\n  /a: {get('a', '{type: object, properties: {$id: {type: string}, $anchor: {type: string}}}')}"

    document = Document.load(write(tmp_path, "3.0.3", openapi_yaml=text))

    assert list(answer(document, "a").properties) == ["$id", "$anchor"]


def test_a_dynamic_reference_with_one_meaning_is_followed(tmp_path: Path) -> None:
    tree = "{$dynamicAnchor: node, type: object, properties: {children: {type: array, items: {$dynamicRef: '#node'}}}}"
    text = (
        f"paths:\n  /a: {get('a', '{$ref: ' + chr(39) + '#/components/schemas/Tree' + chr(39) + '}')}\n"
        f"components: {{schemas: {{Tree: {tree}}}}}"
    )

    document = Document.load(write(tmp_path, openapi_yaml=text))

    assert answer(document, "a").allows({"children": [{"children": []}]})
    assert not answer(document, "a").allows({"children": [{"children": [7]}]})
    assert document.notices == ()


def test_a_dynamic_reference_with_several_meanings_says_nothing_and_is_told(tmp_path: Path) -> None:
    schemas = (
        "{List: {type: array, items: {$dynamicRef: '#item'}, $defs: {any: {$dynamicAnchor: item, not: {}}}},"
        " Notes: {$defs: {note: {$dynamicAnchor: item, type: string}}, $ref: '#/components/schemas/List'}}"
    )
    text = f"paths: {{}}\ncomponents: {{schemas: {schemas}}}"

    document = Document.load(write(tmp_path, openapi_yaml=text))

    (notice,) = document.notices
    assert notice.text == "#item may mean one of several anchors: what it stands for is not checked"
    assert document.schema({"$ref": "#/components/schemas/List"}).allows(["x"])
    assert [*mistakes(document)] == []


def test_examples_and_extension_keys_hold_no_references(tmp_path: Path) -> None:
    schema = (
        "{type: object, properties: {$ref: {type: string}}, example: {$ref: nowhere.yaml}, x-note: {$ref: nowhere}}"
    )

    document = Document.load(write(tmp_path, openapi_yaml=f"paths:\n  /a: {get('a', schema)}"))

    assert list(answer(document, "a").properties) == ["$ref"]
    assert [*mistakes(document)] == []


BROKEN = """
paths:
  /a:
    post:
      operationId: a
      requestBody: {$ref: '#/nowhere'}
      responses: {'200': {description: ok}}
  /b/{id}:
    get:
      operationId: b
      parameters: [{$ref: absent.yaml}, {name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: ok}}
  /c:
    get:
      operationId: c
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Circle'}}}}
        '404': {$ref: '#/components/responses/Lost'}
  /d: {$ref: '#/components/pathItems/Lost'}
components:
  schemas: {Circle: {$ref: '#/components/schemas/Ring'}, Ring: {$ref: '#/components/schemas/Circle'}}
"""


def test_broken_references_are_told_all_at_once_and_cost_only_what_needs_them(tmp_path: Path) -> None:
    path = write(tmp_path, openapi_yaml=BROKEN)

    document = Document.load(path)
    told = [str(mistake).removeprefix(f"{path}:") for mistake in mistakes(document)]

    assert told[:4] == [
        "7: #/nowhere points at nothing: define it or mend the name",
        f"12: absent.yaml cannot be followed: {tmp_path}/absent.yaml: cannot be read: No such file or directory",
        "19: #/components/responses/Lost points at nothing: define it or mend the name",
        "20: #/components/pathItems/Lost points at nothing: define it or mend the name",
    ]
    assert all("refers to itself: point it at a definition" in line for line in told[4:])
    assert len(told) > 4
    assert [operation.id for operation in document.operations] == ["a", "b", "c"]
    assert [operation.unreadable for operation in document.operations] == [
        f"in {path}:7, #/nowhere leads nowhere",
        f"in {path}:12, absent.yaml leads nowhere",
        "",
    ]
    assert answer(document, "c").is_empty is False
    assert answer(document, "c").allows("anything")


def test_other_hosts_are_not_asked(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml=f"paths:\n  /a: {get('a', '{$ref: ' + chr(39) + 'https://example.com/a.json#/A' + chr(39) + '}')}",
    )

    document = Document.load(path)

    (notice,) = document.notices
    assert notice.text.startswith(
        "https://example.com/a.json#/A is not read from example.com: save it beside the document"
    )
    assert [*mistakes(document)] == []


def test_schemas_of_other_files_are_judged_too(tmp_path: Path) -> None:
    for version in ("3.0.3", "3.1.0"):
        path = write(
            tmp_path, version, openapi_yaml=f"paths:\n  /a: {get('a', '{$ref: b.yaml}')}", b_yaml="\n\ntype: 7"
        )

        told = [str(mistake) for mistake in mistakes(Document.load(path))]

        assert told[0].startswith(f"{tmp_path}/b.yaml:1: 7 is not ")


@pytest.mark.parametrize("reference", ["'#/paths/~1notes~1%7Bid%7D/get'", "'#/paths/~1notes~1{id}/get'"])
def test_a_link_may_refer_to_the_place_of_an_operation(tmp_path: Path, reference: str) -> None:
    text = f"""
    paths:
      /notes:
        post: {{responses: {{'201': {{description: ok, links: {{it: {{operationRef: {reference}}}}}}}}}}}
      /notes/{{id}}:
        get: {{responses: {{}}}}
    """

    document = Document.load(write(tmp_path, openapi_yaml=text))

    assert document.operation("post_notes").leads_to == {"get_notes_id"}


def test_a_reference_may_stand_for_all_that_a_field_names(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml="paths: {$ref: all/paths.yaml}\ncomponents:\n  schemas: {$ref: all/schemas.yaml}\n",
        all__paths_yaml=f"/a: {get('a', '{$ref: ' + chr(39) + '../openapi.yaml#/components/schemas/A' + chr(39) + '}')}\n/b: {{$ref: b.yaml}}",
        all__schemas_yaml="A: {type: array, items: {$ref: '#/B'}}\nB: {type: integer}",
        all__b_yaml="get: {operationId: b, responses: {'200': {description: ok}}}",
    )

    document = Document.load(path)

    assert [operation.id for operation in document.operations] == ["a", "b"]
    assert answer(document, "a").allows([1])
    assert not answer(document, "a").allows(["x"])
    assert document.where(document.operation("a").pointer) == f"{tmp_path}/all/paths.yaml:1"
    assert [*mistakes(document)] == []


@pytest.mark.parametrize(
    "schema",
    [
        "{type: {a: 1}}",
        "{type: null}",
        "{properties: [a]}",
        "{minimum: one}",
        "{allOf: {a: 1}}",
        "{required: 7}",
    ],
)
def test_nobody_judges_by_a_schema_that_is_none(tmp_path: Path, schema: str) -> None:
    document = Document.load(write(tmp_path, openapi_yaml=f"paths:\n  /a: {get('a', schema)}"))

    assert answer(document, "a").allows({"a": 1})
    assert [*mistakes(document)] != []


def test_references_cannot_make_a_small_document_too_large_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references_of_documents, "MOST_NODES", 5_000)
    one = "{properties: {$ref: '#/components/schemas/ONE/properties'}}"
    two = "{properties: {$ref: '#/components/schemas/TWO/properties'}}"
    schemas = f"{{ONE: {{properties: {{a: {two}, b: {two}}}}}, TWO: {{properties: {{a: {one}, b: {one}}}}}}}"
    path = write(tmp_path, openapi_yaml=f"paths: {{}}\ncomponents: {{schemas: {schemas}}}")

    with pytest.raises(DocumentError, match="its references make more than 5,000 nodes"):
        Document.load(path)


def kinds(cat: str, dog: str) -> str:
    """Return a request that is a cat or a dog as its member `kind` says, with what the mapping has for them."""
    choice = "oneOf: [{$ref: cat.yaml}, {$ref: '#/components/schemas/Dog'}]"
    choice += f", discriminator: {{propertyName: kind, mapping: {{cat: {cat}, dog: {dog}}}}}"
    return f"""
        paths:
          /pets:
            post:
              operationId: make
              requestBody: {{content: {{application/json: {{schema: {{{choice}}}}}}}}}
              responses: {{'201': {{description: made}}}}
        components:
          schemas:
            Dog: {{type: object, required: [kind, tail], properties: {{kind: {{type: string}}, tail: {{type: integer}}}}}}
        """


@pytest.mark.parametrize("cat", ["cat.yaml", "./cat.yaml"])
@pytest.mark.parametrize("dog", ["Dog", "'#/components/schemas/Dog'", "'openapi.yaml#/components/schemas/Dog'"])
def test_a_mapping_may_lead_to_other_files(tmp_path: Path, cat: str, dog: str) -> None:
    anything = "type: object\nproperties: {kind: {type: string}}"
    path = write(tmp_path, version="3.0.3", openapi_yaml=kinds(cat, dog), cat_yaml=anything)

    body = Document.load(path).operation("make").body
    assert body is not None
    assert body.schema is not None
    assert body.schema.allows({"kind": "cat"}, request=True)
    assert body.schema.allows({"kind": "dog", "tail": 1}, request=True)
    assert not body.schema.allows({"kind": "dog"}, request=True)
    assert set(body.schema.discriminator.mapping) == {"cat", "dog"} if body.schema.discriminator else False


def test_a_mapping_that_leads_nowhere_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, openapi_yaml=kinds("'https://pets.example/cat.yaml'", "Wolf"), cat_yaml="type: object")

    document = Document.load(path)

    assert document.mistakes == ()
    assert "https://pets.example/cat.yaml" in str(document.plain())


def test_a_parameter_of_another_host_is_not_called_broken(tmp_path: Path) -> None:
    paths = (
        "\npaths:\n  /a:\n    get:\n      operationId: a\n"
        "      parameters:\n        - {$ref: 'https://parts.example/openapi.yaml#/box'}\n"
        "      responses: {'200': {description: ok}}\n"
    )
    path = write(tmp_path, openapi_yaml=paths)

    (operation,) = Document.load(path).operations

    reason = "https://parts.example/openapi.yaml#/box leads to another host, and is not followed"
    assert re.fullmatch(rf"in {path}:\d+, {re.escape(reason)}", operation.unreadable)


@pytest.mark.parametrize("reference", ["http://[::1", "//[x/openapi.yaml#/a"])
def test_a_reference_that_is_no_address_is_told(tmp_path: Path, reference: str) -> None:
    schema = f"{{$ref: '{reference}'}}"
    path = write(tmp_path, openapi_yaml=f"paths: {{/a: {get('a', schema)}}}")

    assert [mistake.text for mistake in Document.load(path).mistakes] == [
        f"{reference} is no URL and no pointer: mend it"
    ]


def test_a_long_row_of_references_is_no_circle(tmp_path: Path) -> None:
    row = "".join(f"\n    S{i}: {{$ref: '#/components/schemas/S{i + 1}'}}" for i in range(120))
    path = write(
        tmp_path,
        openapi_yaml=f"""
paths:
  /a: {get("a", "{$ref: '#/components/schemas/S0'}")}
components:
  schemas:{row}
    S120: {{type: integer}}""",
    )

    document = Document.load(path)

    assert document.mistakes == ()
    assert answer(document, "a").type == "integer"


def test_what_leads_into_a_circle_is_told_at_the_circle(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml=f"""
        paths: {{/a: {get("a", "{$ref: '#/components/schemas/In'}")}}}
        components:
          schemas:
            In: {{$ref: '#/components/schemas/One'}}
            One: {{$ref: '#/components/schemas/Other'}}
            Other: {{$ref: '#/components/schemas/One'}}
        """,
    )

    (mistake,) = Document.load(path).mistakes

    assert mistake.text.endswith("refers to itself: point it at a definition")


def test_a_file_that_is_not_there_is_told_once_with_the_number_of_references(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        openapi_yaml="""
        paths:
          /notes:
            get:
              operationId: list_notes
              parameters: [{$ref: 'shared.yaml#/size'}, {name: size, in: query, schema: {$ref: 'shared.yaml#/Size'}}]
              responses:
                '200': {$ref: 'shared.yaml#/Notes'}
                '400': {$ref: 'other.yaml'}
          /tags: {$ref: 'shared.yaml#/tags'}
        """,
    )

    told = [str(mistake) for mistake in mistakes(Document.load(path))]

    missing = "cannot be read: No such file or directory"
    assert [each.partition(": ")[2] for each in told if "cannot be followed" in each] == [
        f"shared.yaml#/size cannot be followed: {tmp_path}/shared.yaml: {missing} (4 references lead to that file)",
        f"other.yaml cannot be followed: {tmp_path}/other.yaml: {missing}",
    ]
    assert len(told) == 2
