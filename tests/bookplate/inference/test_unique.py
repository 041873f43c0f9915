"""Members that no two items share: guessed from roles and names, and dropped where two items share one."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.contract import Document
from tests.bookplate import command
from tests.fakes.serving import opened

JSON = dict[str, Any]
TEXT: JSON = {"type": "string", "minLength": 1}


def document(folder: Path, path: str, *names: str, **more: Any) -> Path:
    """Write a document with one creation, whose members have these names, and return its file."""
    members = dict.fromkeys(names, TEXT)
    sent = {"type": "object", "required": [*names], "properties": {**members, **more}}
    shown = {"type": "object", "properties": {"id": {"type": "integer"}, **members}}
    as_json = {name: {"application/json": {"schema": schema}} for name, schema in (("sent", sent), ("shown", shown))}
    create: JSON = {
        "operationId": "create",
        "requestBody": {"required": True, "content": as_json["sent"]},
        "responses": {"201": {"description": "Made.", "content": as_json["shown"]}},
    }
    identified = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    change = {**create, "operationId": "change", "parameters": [identified]}
    change["responses"] = {"200": create["responses"]["201"]}
    read = {"operationId": "read", "parameters": [identified], "responses": change["responses"]}
    paths = {path: {"post": create}, f"{path}/{{id}}": {"get": read, "put": change}}
    file = folder / "things.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths}))
    return file


@pytest.mark.parametrize(
    ("path", "names", "expected"),
    [
        ("/users", ("email", "name"), ["email"]),
        ("/articles", ("slug", "title"), ["slug"]),
        ("/books", ("isbn", "title"), ["isbn"]),
        ("/orders", ("email", "note"), []),  # of whoever orders: the same person may order twice
        ("/pets", ("name", "nickname"), []),
        ("/people", ("title",), []),
    ],
)
def test_members_that_tell_one_from_all_others_are_guessed(
    tmp_path: Path, path: str, names: tuple[str, ...], expected: list[str]
) -> None:
    known = Document.load(document(tmp_path, path, *names))

    assert list(known.operation("create").unique) == expected
    assert list(known.operation("change").unique) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [("A unique, readable name.", ["code"]), ("A name, not necessarily unique.", []), ("A name.", [])],
)
def test_a_member_that_is_described_as_unique_is_taken_for_it(tmp_path: Path, said: str, expected: list[str]) -> None:
    known = Document.load(document(tmp_path, "/groups", "title", code={**TEXT, "description": said}))

    assert list(known.operation("create").unique) == expected


def test_a_value_of_a_few_is_no_name(tmp_path: Path) -> None:
    few = {"type": "string", "enum": ["one", "two"]}

    known = Document.load(document(tmp_path, "/articles", "title", slug=few))

    assert known.operation("create").unique == {}


def test_nothing_is_guessed_where_a_document_declares_some(tmp_path: Path) -> None:
    declared = {**TEXT, "x-unique": {"equivalent": ["a", "A"]}}

    known = Document.load(document(tmp_path, "/articles", "slug", "title", code=declared))

    assert list(known.operation("create").unique) == ["code"]
    assert known.operation("create").facts.unique is None


class Shop:
    """Keeps articles by slug; one that `shares` lets two have the same."""

    def __init__(self, *, shares: bool) -> None:
        self.shares = shares
        self.kept: list[JSON] = []

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, JSON, Any]:
        if method == "GET":
            found = [each for each in self.kept if target == f"/articles/{each['id']}"]
            return (200, {}, found[0]) if found else (404, {}, {"error": "there is none"})
        try:
            sent = json.loads(body)
        except ValueError:
            return 400, {}, {"error": "that is no JSON"}
        if not isinstance(sent, dict) or not sent.get("slug"):
            return 422, {}, {"error": "it needs a slug"}
        if not self.shares and any(each["slug"] == sent["slug"] for each in self.kept):
            return 409, {}, {"error": "taken"}
        self.kept.append({"id": len(self.kept) + 1, **sent})
        return 201, {}, self.kept[-1]


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [pytest.param(False, "passed", marks=pytest.mark.nightly), (True, "not checked")],
)
def test_a_guess_that_two_items_share_a_value_is_dropped(
    tmp_path: Path, shares: bool, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = document(tmp_path, "/articles", "slug", "title")
    with opened(Shop(shares=shares)) as url:
        main([url, "--document", str(file), "--output", "out", "--rule", "CONC-01", "--operation", "create"])
    (finding,) = command.read_report(Path("out"))["findings"]

    assert finding["verdict"] == verdict
    if shares:
        assert "two do" in finding["reason"]
