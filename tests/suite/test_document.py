"""The document remembers its lines, and says where it is wrong."""

import copy
from pathlib import Path

import pytest

from contract_tests.document import Document, DocumentError

HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"


def test_a_line_is_that_of_the_key(document: Document) -> None:
    lines = document.path.read_text(encoding="utf-8").splitlines()

    for operation in document.operations:
        assert lines[document.line(operation.pointer) - 1].strip() == f"{operation.method.lower()}:"


def test_an_unknown_pointer_has_the_line_of_what_is_above_it(document: Document) -> None:
    assert document.line("/paths/~1notes/get/nowhere/at/all") == document.line("/paths/~1notes/get")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "paths:\n  /a: [\n", ":5: YAML"),
        (HEAD + "paths:\n  /a: {}\n  /a: {}\n", ":5: key '/a' stands twice"),
        (HEAD + "paths:\n  /a:\n    get: nothing\n", ":5: get /a is no operation"),
        (
            HEAD + "paths:\n  /a:\n    get: {operationId: a, responses: {'200': {$ref: '#/x'}}}\n",
            ":5: #/x points at nothing",
        ),
        (
            HEAD + "paths:\n  /a:\n    get:\n      operationId: a\n      x-rate-limit: [b]\n",
            ":7: policy 'b' is not defined",
        ),
        ("just text", ":1: is no OpenAPI document"),
    ],
)
def test_a_mistake_names_file_line_and_remedy(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DocumentError) as raised:
        Document.load(path)

    assert f"{path}{told}" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_relaxed_multiplies_limits_and_changes_nothing_else(document: Document) -> None:
    before = copy.deepcopy(document.raw)

    relaxed = document.relaxed(1000)

    assert document.raw == before
    assert relaxed["x-rate-limit"]["policies"]["reads"]["limit"] == 12_000
    for policy in relaxed["x-rate-limit"]["policies"].values():
        policy["limit"] //= 1000
    assert relaxed == before


def test_tiers_are_relaxed_each_by_itself(document: Document) -> None:
    document.raw["x-rate-limit"]["policies"]["reads"]["limit"] = {"free": 1, "paid": 2}

    assert document.relaxed(10)["x-rate-limit"]["policies"]["reads"]["limit"] == {"free": 10, "paid": 20}


def test_violations_follow_references_and_formats(document: Document) -> None:
    schema = {"$ref": "#/components/schemas/Credentials"}

    assert not document.violations(schema, {"email": "a@b.cd", "password": "long enough"}, request=True)
    assert document.violations(schema, {"email": "a@b.cd", "password": "short"}, request=True)
