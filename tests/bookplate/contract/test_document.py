"""The document remembers its lines, and says where it is wrong."""

from pathlib import Path

import pytest

from bookplate.contract.document import Document
from bookplate.contract.lines import DocumentError
from bookplate.contract.predicates import is_exempt, is_limited_by_default
from bookplate.laws.catalogue import Catalogue

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
        ("just text", ":1: is no OpenAPI document"),
        ("", ":1: is no OpenAPI document"),
        ("info: {title: T}", ":1: is no OpenAPI document"),
        ("swagger: '2.0'\npaths: {}\n", ":1: is Swagger 2.0, which is not read: convert it to OpenAPI 3, for example"),
        ("openapi: 4.0.0\npaths: {}\n", ":1: OpenAPI 4.0.0 is not read: write it in 3.0, 3.1 or 3.2"),
    ],
)
def test_what_cannot_be_read_as_a_document_is_one_line_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DocumentError) as raised:
        Document.load(path)

    assert f"{path}{told}" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("paths:\n  /a: {}\n  /a: {}\n", ":5: key '/a' stands twice, and the last one counts: remove one"),
        ("paths:\n  /a:\n    get: nothing\n", ":5: get /a is no operation: say what it answers"),
        ("paths:\n  /a:\n    get: {responses: {'200': {$ref: '#/x'}}}\n", ":5: #/x points at nothing: define it"),
        ("paths:\n  /a: nothing\n", ":4: this is no path item: write its methods below it"),
        ("paths:\n  /a:\n    get: {responses: [ok]}\n", ":5: this is no map of responses: write each status"),
    ],
)
def test_the_rest_of_a_document_with_a_mistake_is_read(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(f"{HEAD}{text}  /b: {{get: {{operationId: b, responses: {{}}}}}}\n", encoding="utf-8")

    document = Document.load(path)

    assert f"{path}{told}" in str(document.mistakes[0])
    assert document.operations[-1].id == "b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("paths:\n  /a:\n    get:\n      x-rate-limit: [b]\n", ":6: policy 'b' is not defined"),
        ("paths:\n  /a:\n    get:\n      x-rate-limit: b\n", ":6: this is no list of policies"),
        ("x-rate-limit:\n  policies: {}\n  default: [b]\npaths: {/a: {get: {}}}\n", ":5: policy 'b' is not defined"),
        ("x-rate-limit: 60\npaths: {/a: {get: {}}}\n", ":3: its x-rate-limit is no object"),
    ],
)
def test_limits_in_another_form_than_ours_are_left_unread_with_a_notice(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(HEAD + text, encoding="utf-8")

    document = Document.load(path)

    assert f"{path}{told}" in str(document.notices[0])
    assert document.mistakes == ()
    assert document.operations[0].policies == ()


LIMITED = """
x-rate-limit:
  policies:
    minute: {limit: 6, window: 60, by: principal}
    hour: {limit: 20, window: 3600, by: principal}
    lists: {limit: 2, window: 60, by: principal}
DEFAULT
paths:
  /a: {get: {operationId: unsaid, responses: {}}}
  /b: {get: {operationId: exempt, x-rate-limit: [], responses: {}}}
  /c: {get: {operationId: own, x-rate-limit: [lists, hour], responses: {}}}
"""
OPERATIONS = ["unsaid", "exempt", "own"]


def limited(folder: Path, default: str) -> Document:
    path = folder / "openapi.yaml"
    path.write_text(HEAD + LIMITED.replace("DEFAULT\n", default), encoding="utf-8")
    return Document.load(path)


def policies(document: Document) -> list[str]:
    """Return what limits each operation, and unknown paths."""
    each = [document.operation(name).policies for name in OPERATIONS]
    return [" ".join(policy.name for policy in found) for found in [*each, document.unrouted_policies]]


def test_the_default_limits_what_names_no_policies(tmp_path: Path) -> None:
    document = limited(tmp_path, "  default: [minute, hour]\n")

    assert policies(document) == ["minute hour", "", "lists hour", "minute hour"]
    assert [is_limited_by_default(each) for each in document.operations] == [True, False, False]
    assert [is_exempt(each) for each in document.operations] == [False, True, False]


def test_unknown_paths_may_have_their_own_limits(tmp_path: Path) -> None:
    assert policies(limited(tmp_path, "  default: [minute]\n  unrouted: [lists]\n"))[-1] == "lists"


@pytest.mark.parametrize("default", ["", "  default: []\n"])
def test_without_default_policies_nothing_is_said_of_what_names_none(tmp_path: Path, default: str) -> None:
    """Then no law on default limits applies, so that a service without them hears of none."""
    document = limited(tmp_path, default)

    assert policies(document) == ["", "", "lists hour", ""]
    assert not any(Catalogue.shipped()["RATE-09"].applies(each) for each in document.operations)


def test_relaxed_multiplies_limits_and_changes_nothing_else(document: Document) -> None:
    before = document.plain()

    relaxed = document.relaxed(1000)

    assert document.plain() == before
    assert relaxed["x-rate-limit"]["policies"]["reads"]["limit"] == 12_000
    for policy in relaxed["x-rate-limit"]["policies"].values():
        policy["limit"] //= 1000
    assert relaxed == before


def test_tiers_are_relaxed_each_by_itself(document: Document) -> None:
    raw = document.plain()
    raw["x-rate-limit"]["policies"]["reads"]["limit"] = {"free": 1, "paid": 2}
    tiered = Document(document.path, raw, {})

    assert tiered.relaxed(10)["x-rate-limit"]["policies"]["reads"]["limit"] == {"free": 10, "paid": 20}


def test_violations_follow_references_and_formats(document: Document) -> None:
    schema = document.schema({"$ref": "#/components/schemas/Credentials"})

    assert not schema.violations({"email": "a@b.cd", "password": "long enough"}, request=True)
    assert schema.violations({"email": "a@b.cd", "password": "short"}, request=True)
