"""Overlays: laid over a document, and told with file and line where they are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.contract.document import Document
from bookplate.contract.lines import DocumentError
from tests.fakes import FOLDER

HEAD = "overlay: 1.0.0\ninfo: {title: Notes, version: 1.0.0}\nactions:\n"
Lay = Callable[[str], Document]


@pytest.fixture(name="lay")
def _lay(tmp_path: Path) -> Lay:
    """Return the toy's document with the actions of an overlay laid over it."""
    path = tmp_path / "overlay.yaml"

    def lay(actions: str) -> Document:
        path.write_text(actions if "overlay" in actions else HEAD + actions, encoding="utf-8")
        return Document.load(FOLDER / "toy.yaml", path)

    return lay


def test_an_update_is_merged_and_the_rest_stays(lay: Lay, document: Document) -> None:
    laid = lay("- {target: $.info, update: {title: Other, x-team: {name: notes}}}\n")

    assert laid.plain()["info"] == document.plain()["info"] | {"title": "Other", "x-team": {"name": "notes"}}
    assert laid.plain()["paths"] == document.plain()["paths"]


@pytest.mark.parametrize(
    ("action", "servers"),
    [
        ("- {target: $.servers, update: {url: /v2}}", ["/v1", "/v2"]),  # an array takes one entry
        ("- {target: $, update: {servers: [{url: /v2}]}}", ["/v1", "/v2"]),  # arrays inside an update go on
        ("- {target: '$.servers[0]', update: {url: /v2}}", ["/v2"]),
        ("- {target: '$.servers[*]', remove: true}\n- {target: $.servers, update: {url: /v3}}", ["/v3"]),
    ],
)
def test_arrays_grow_and_members_are_replaced(lay: Lay, action: str, servers: list[str]) -> None:
    assert [server["url"] for server in lay(action).plain()["servers"]] == servers


def test_a_target_may_select_many(lay: Lay) -> None:
    laid = lay("- {target: '$.paths[*][?@.operationId]', update: {x-access: {allow: [admin]}}}")

    assert {operation.access.allow if operation.access else () for operation in laid.operations} >= {
        ("admin",),
        ("user", "admin"),
    }


def test_what_was_added_stands_in_the_overlay(lay: Lay, tmp_path: Path) -> None:
    laid = lay("- target: $.paths['/notes'].get\n  update:\n    x-cache:\n      store: 60\n    x-rate-limit: [reads]\n")
    pointer = laid.operation("list_notes").pointer

    assert laid.where(f"{pointer}/x-cache/store/nowhere") == f"{tmp_path / 'overlay.yaml'}:7"
    assert laid.where(f"{pointer}/x-rate-limit") == f"{FOLDER / 'toy.yaml'}:{laid.line(f'{pointer}/x-rate-limit')}"


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ("- target: $.paths['/books'].get\n  update: {}", ":4: $.paths['/books'].get selects nothing"),
        ("- description: d\n  target: $.paths['/notes'\n  update: {}", ":5: unexpected end of segment: mend"),
        ("- {target: paths, update: {}}", ":4: 'paths' does not match"),
        ("- {target: $.paths, copy: $.info}", ":4: "),
        ("- {target: $.info}", ":4: "),
        ("- {target: $.info.title, update: Other}", ":4: $['info']['title'] is no array"),
        ("- {target: $, remove: true}", ":4: $ is no array"),
        ("- {target: $.info, update: {}, update: {}}", ":4: key 'update' stands twice"),
        ("- target: $.info\n  update: [\n", ":6: YAML"),
        (
            "overlay: 1.1.0\ninfo: {title: t, version: v}\nactions: [{target: $, update: {}}]",
            ":1: '1.1.0' does not match",
        ),
        ("overlay: 1.0.0\n", ":1: "),
    ],
)
def test_a_mistake_names_file_line_and_remedy(lay: Lay, tmp_path: Path, actions: str, told: str) -> None:
    with pytest.raises(DocumentError) as raised:
        lay(actions)

    assert str(raised.value).startswith(f"{tmp_path / 'overlay.yaml'}{told}")
    assert "\n" not in str(raised.value)


def test_the_command_ends_with_2_and_one_line(
    check: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(HEAD + "- {target: $.nowhere, update: {}}\n", encoding="utf-8")

    assert check("tests.fakes.toy:create_app", "--list", "--overlay", str(path)) == 2
    assert (
        capsys.readouterr().err == f"bookplate: {path}:4: $.nowhere selects nothing in the document: mend the action\n"
    )


def test_types_are_lists_from_3_1_on() -> None:
    old = Document(Path("openapi.yaml"), {"openapi": "3.0.3", "paths": {}}, {})
    new = Document(Path("openapi.yaml"), {"openapi": "3.1.0", "paths": {}}, {})
    text = {"type": ["string", "null"], "examples": ["large print", None]}

    assert new.schema(text).violations(None) == []
    assert new.schema(text).violations(7)
    assert old.schema({"type": "string", "nullable": True}).violations(None) == []
    assert new.schema({"type": "string", "nullable": True}).violations(None)
