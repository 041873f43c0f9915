"""Servers: variables, relative addresses, several, of paths and of operations; and what the target's URL changes."""

from pathlib import Path

import pytest

from bookplate.contract import Document

PATHS = """
paths:
  /a: {get: {operationId: a, responses: {}}}
"""


def load(folder: Path, servers: str, paths: str = PATHS) -> Document:
    path = folder / "openapi.yaml"
    path.write_text(f"openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\n{servers}\n{paths}", encoding="utf-8")
    return Document.load(path)


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        ("", ""),
        ("servers: []", ""),
        ("servers: [{url: /}]", ""),
        ("servers: [{url: /api/}]", "/api"),
        ("servers: [{url: v1}]", "/v1"),
        ("servers: [{url: ./v1/}]", "/v1"),
        ("servers: [{url: 'https://api.example.com/v1'}]", "/v1"),
        ("servers: [{url: 'https://api.example.com/{v}', variables: {v: {default: v2}}}]", "/v2"),
        ("servers: [{url: '{root}/v1', variables: {root: {default: 'https://api.example.com'}}}]", "/v1"),
        ("servers: [{url: 'https://{h}:{p}/x', variables: {h: {default: a.b}, p: {enum: ['1'], default: 2}}}]", "/x"),
        ("servers: [{url: '/{v}', variables: {v: {enum: [v3, v4]}}}]", "/v3"),
        ("servers: [{url: '/x/{unsaid}'}]", "/x"),
        ("servers: [{url: 'http://[broken'}]", ""),
        ("servers: nothing", ""),
        ("servers: [nothing, {description: d}, {url: /b}]", "/b"),
    ],
)
def test_the_base_path_is_that_of_the_first_server(tmp_path: Path, servers: str, base: str) -> None:
    assert load(tmp_path, servers).base_path == base


SEVERAL = "servers: [{url: 'https://api.example.com/v1'}, {url: 'http://127.0.0.1:8000/v2'}]"


@pytest.mark.parametrize(
    ("target", "base"),
    [
        ("http://127.0.0.1:9000", "/v1"),
        ("http://127.0.0.1:9000/", "/v1"),
        ("http://127.0.0.1:8000", "/v2"),
        ("http://127.0.0.1:9000/v1", "/v1"),
        ("http://127.0.0.1:9000/v1/", "/v1"),
        ("http://127.0.0.1:9000/behind/v1", "/behind/v1"),
        ("http://127.0.0.1:9000/other", "/other"),
        ("impl:create_app", "/v1"),
    ],
)
def test_a_path_in_the_url_of_the_target_is_what_the_user_means(tmp_path: Path, target: str, base: str) -> None:
    assert load(tmp_path, SEVERAL).served_at(target).base_path == base


OWN = """
paths:
  /a:
    servers: [{url: 'https://files.example.com/store'}]
    get: {operationId: of_path, responses: {}}
    put: {operationId: of_operation, servers: [{url: /v1/admin}], responses: {}}
  /b: {get: {operationId: of_document, responses: {}}}
"""


@pytest.mark.parametrize(
    ("target", "bases"),
    [
        ("http://127.0.0.1:9000", ["/store", "/v1/admin", None]),
        ("http://127.0.0.1:9000/api", ["/store", "/api/admin", None]),
    ],
)
def test_paths_and_operations_may_have_servers_of_their_own(tmp_path: Path, target: str, bases: list[str]) -> None:
    document = load(tmp_path, "servers: [{url: /v1}]", OWN).served_at(target)

    assert [operation.base for operation in document.operations] == bases


def test_where_operations_have_servers_the_generator_gets_whole_paths(tmp_path: Path) -> None:
    document = load(tmp_path, "servers: [{url: /v1}]", OWN)

    raw = document.for_generator(examples=True)

    assert document.has_own_servers
    assert list(raw["paths"]) == ["/store/a", "/v1/admin/a", "/v1/b"]
    assert "servers" not in raw["paths"]["/store/a"]
    assert not load(tmp_path, "servers: [{url: /v1}]").has_own_servers
