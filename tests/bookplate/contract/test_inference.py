"""What is guessed of a document that has no key of ours, and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract import Document, Operation, Origin
from bookplate.fuzzing.plan import is_kept_for_roles

JSON = dict[str, Any]
TEXT: JSON = {"type": "string"}
COUNT: JSON = {"type": "integer"}
PLANT: JSON = {
    "type": "object",
    "properties": {"id": COUNT, "name": TEXT, "height": COUNT, "is_green": {"type": "boolean"}, "owner_id": COUNT},
}
PLANTS: JSON = {"type": "array", "items": PLANT}


def answers(schema: JSON, status: str = "200") -> JSON:
    return {"responses": {status: {"description": "Done.", "content": {"application/json": {"schema": schema}}}}}


def with_headers(operation: JSON, *names: str) -> JSON:
    for response in operation["responses"].values():
        response["headers"] = {name: {"schema": {"type": "string"}} for name in names}
    return operation


def takes(**members: JSON) -> JSON:
    schema = {"type": "object", "properties": members}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def query(**parameters: JSON) -> JSON:
    named = [{"name": name.replace("__", "$"), "in": "query", "schema": each} for name, each in parameters.items()]
    return {"parameters": named}


def holder(**members: JSON) -> JSON:
    return {"type": "object", "properties": members}


def document(folder: Path, paths: JSON, **root: Any) -> Document:
    file = folder / "plants.json"
    raw = {"openapi": "3.1.0", "info": {"title": "Plants", "version": "1"}, "paths": paths, **root}
    file.write_text(json.dumps(raw), encoding="utf-8")
    return Document.load(file)


def the_list(folder: Path, operation: JSON, path: str = "/plants") -> Operation:
    return document(folder, {path: {"get": operation}}).operations[0]


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(
            query(page=COUNT, perPage=COUNT) | answers(holder(plants=PLANTS, meta=holder(total_count=COUNT))),
            ("page", "page", "perPage", "/plants", "/meta/total_count", None),
            id="named as the resource, with the total in an object beside",
        ),
        pytest.param(
            query(skip=COUNT, take=COUNT) | answers(PLANTS),
            ("offset", "skip", "take", "", None, None),
            id="a bare array",
        ),
        pytest.param(
            query(limit=COUNT, cursor=TEXT, offset=COUNT) | answers(holder(data=PLANTS, next_cursor=TEXT)),
            ("cursor", "cursor", "limit", "/data", None, "/next_cursor"),
            id="two styles in one list",
        ),
        pytest.param(
            query(pageToken=TEXT, pageSize=COUNT) | answers(holder(plants=PLANTS, nextPageToken=TEXT)),
            ("cursor", "pageToken", "pageSize", "/plants", None, "/nextPageToken"),
            id="page tokens",
        ),
        pytest.param(
            query(page=COUNT, size=COUNT)
            | answers(holder(_embedded=holder(plants=PLANTS), _links=holder(next=holder(href=TEXT)))),
            ("page", "page", "size", "/_embedded/plants", None, "/_links/next/href"),
            id="HAL",
        ),
        pytest.param(
            query(starting_after=TEXT, limit=COUNT) | answers(holder(data=PLANTS, has_more={"type": "boolean"})),
            ("cursor", "starting_after", "limit", "/data", None, "item:/id"),
            id="behind an item",
        ),
        pytest.param(
            query(page=COUNT, per_page=COUNT) | with_headers(answers(PLANTS), "Link", "X-Total-Count"),
            ("page", "page", "per_page", "", "header:X-Total-Count", "header:Link"),
            id="total and links in header fields",
        ),
        pytest.param(
            query(__skip=COUNT, __top=COUNT) | answers(holder(value=PLANTS)),
            ("offset", "$skip", "$top", "/value", None, None),
            id="OData",
        ),
    ],
)
def test_pages_are_guessed(operation: JSON, expected: tuple[str | None, ...], tmp_path: Path) -> None:
    fact = the_list(tmp_path, operation).facts.pagination

    assert fact is not None
    assert fact.origin is Origin.GUESSED
    found = fact.value
    assert (found.style, found.place, found.size, found.items, found.total, found.next) == expected
    assert f"`{found.place}` and `{found.size}`" in fact.evidence


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(query(limit=COUNT) | answers(PLANTS), id="no place"),
        pytest.param(query(page=COUNT) | answers(PLANTS), id="no size"),
        pytest.param(query(page=COUNT, limit=COUNT) | answers(PLANT), id="one item"),
        pytest.param(query(after={**TEXT, "format": "date-time"}, limit=COUNT) | answers(PLANTS), id="after a time"),
        pytest.param(query(cursor=TEXT, limit=COUNT) | answers(holder(data=PLANTS)), id="a cursor from nowhere"),
        pytest.param(query(page=COUNT, limit={"type": "boolean"}) | answers(PLANTS), id="a size that is no number"),
        pytest.param(
            query(page=COUNT, limit=COUNT) | answers(PLANTS) | {"x-pagination": {}}, id="an empty key of ours"
        ),
    ],
)
def test_no_pages_are_guessed(operation: JSON, tmp_path: Path) -> None:
    found = the_list(tmp_path, operation)

    assert found.pagination is None


def test_declared_pages_stay_as_they_are(tmp_path: Path) -> None:
    declared = {"style": "page", "page": "page", "size": "limit", "items": "", "order": ["-/height", "/id"]}
    operation = query(page=COUNT, limit=COUNT) | answers(PLANTS) | {"x-pagination": declared}
    found = the_list(tmp_path, operation)

    assert found.facts.inferred == {}
    assert found.pagination is not None
    assert found.pagination.order == ("-/height", "/id")


def test_items_are_told_apart_by_what_their_path_names(tmp_path: Path) -> None:
    tree = {"type": "object", "properties": {"name": TEXT, "tree_no": COUNT}}
    listed = query(page=COUNT, limit=COUNT) | answers({"type": "array", "items": tree})
    paths = {"/trees": {"get": listed}, "/trees/{treeNo}": {"get": answers(tree)}}
    found = document(tmp_path, paths).operations[0].pagination

    assert found is not None
    assert found.key == "/tree_no"
    assert found.order == ()


def test_filters_and_sort_are_guessed_by_the_names_of_members(tmp_path: Path) -> None:
    sorts = {"type": "string", "enum": ["name", "-name", "height_desc", "age"]}
    parameters = query(page=COUNT, limit=COUNT, is_green={"type": "boolean"}, height_min=COUNT, q=TEXT, fields=TEXT)
    parameters["parameters"] += query(sort=sorts)["parameters"]
    found = the_list(tmp_path, parameters | answers(PLANTS)).pagination

    assert found is not None
    assert {name: (each.place, each.comparison) for name, each in found.filters.items()} == {
        "is_green": ("/is_green", "equal"),
        "height_min": ("/height", "at-least"),
        "q": ("/name", "contains"),
    }
    assert found.sort is not None
    assert dict(found.sort.keys) == {"name": ("/name",), "-name": ("-/name",), "height_desc": ("-/height",)}


DATE: JSON = {"type": "string", "format": "date"}
LETTER: JSON = holder(
    id=COUNT,
    state=TEXT,
    weight=COUNT,
    unit_price=COUNT,
    sent_on=DATE,
    read_on=DATE,
    created_on={"type": "string", "format": "date-time"},
    tags={"type": "array", "items": TEXT},
    copies={"type": "array", "items": holder(id=COUNT)},
)


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("tag", TEXT, ("/tags", "includes")),
        ("tags", TEXT, ("/tags", "includes")),
        ("tag", COUNT, None),
        ("copy", TEXT, None),
        ("tags", {"type": "array", "items": TEXT}, None),
        ("state", {"type": "array", "items": TEXT}, ("/state", "equal")),
        ("minWeight", COUNT, ("/weight", "at-least")),
        ("weight[lte]", COUNT, ("/weight", "at-most")),
        ("min_price", COUNT, ("/unit_price", "at-least")),
        ("since", {"type": "string", "format": "date-time"}, ("/created_on", "at-least")),
        ("until", DATE, None),
        ("to", COUNT, None),
        ("min", COUNT, None),
    ],
)
def test_a_filter_is_guessed_by_its_name(
    name: str, schema: JSON, expected: tuple[str, str] | None, tmp_path: Path
) -> None:
    parameters = query(page=COUNT, limit=COUNT, **{name: schema})
    found = the_list(tmp_path, parameters | answers({"type": "array", "items": LETTER}), "/letters").pagination

    assert found is not None
    guess = found.filters.get(name)
    assert (guess and (guess.place, guess.comparison)) == expected


# ── Roles ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
SECURED: JSON = {"security": [{"token": []}]}
SCHEMES: JSON = {"components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}}
CREDENTIALS = takes(user=holder(email=TEXT, password=TEXT))
SIGNING_IN: JSON = {
    "/signup": {"post": takes(email=TEXT, password=TEXT) | answers(PLANT, "201")},
    "/users/login": {"post": CREDENTIALS | answers(holder(user=holder(token=TEXT, name=TEXT)))},
    "/token/refresh": {"post": takes(refresh=TEXT) | answers(holder(access=TEXT, refresh=TEXT))},
    "/logout": {"post": SECURED | answers({}, "204")},
    "/user": {"get": SECURED | answers(PLANT)},
    "/users/me/password": {"put": SECURED | takes(old_password=TEXT, new_password=TEXT) | answers({}, "204")},
    "/profile": {"get": answers(PLANT)},
}


def test_roles_are_guessed(tmp_path: Path) -> None:
    found = document(tmp_path, SIGNING_IN, **SCHEMES).operations
    roles = {operation.path: operation.role for operation in found if operation.role}
    entering = next(operation.auth_role for operation in found if operation.role == "log-in")

    assert roles == {
        "/signup": "register",
        "/users/login": "log-in",
        "/token/refresh": "refresh",
        "/logout": "log-out",
        "/user": "account",
    }
    assert entering is not None
    assert (entering.identifier, entering.secret, entering.access) == ("/user/email", "/user/password", "/user/token")


def test_of_several_log_ins_the_one_that_shows_a_token_counts(tmp_path: Path) -> None:
    by_form = takes(username=TEXT, password=TEXT) | answers({})
    by_token = takes(username=TEXT, password=TEXT) | answers(holder(token=TEXT))
    found = document(tmp_path, {"/login": {"post": by_form}, "/auth/token": {"post": by_token}}).operations

    assert [operation.role for operation in found] == ["", "log-in"]


def test_a_declared_log_in_is_the_only_one(tmp_path: Path) -> None:
    role = {"x-auth-role": {"role": "log-in", "identifier": "/who", "secret": "/word"}}
    enter = takes(username=TEXT, password=TEXT) | answers(holder(token=TEXT))
    paths = {"/login": {"post": enter}, "/enter": {"post": takes(who=TEXT, word=TEXT) | answers({}) | role}}

    assert [operation.role for operation in document(tmp_path, paths).operations] == ["", "log-in"]


# ── Callers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_callers_are_guessed(tmp_path: Path) -> None:
    item = {**answers(PLANT), **SECURED}
    item["responses"] = {**item["responses"], "404": {"description": "Gone."}}
    paths = {
        "/plants": {"post": SECURED | takes(name=TEXT) | answers(PLANT, "201"), "get": answers(PLANTS)},
        "/plants/{id}": {"get": item, "delete": item},
        "/admin/plants": {"get": SECURED | answers(PLANTS)},
        "/soils/{id}": {"get": SECURED | answers(holder(id=COUNT))},
    }
    found = {each.id: each.access for each in document(tmp_path, paths, **SCHEMES).operations if each.access}

    assert {name: (access.allow, access.owner, access.declared_refusal) for name, access in found.items()} == {
        "get_plants_id": (("owner", "admin"), "/owner_id", 404),
        "delete_plants_id": (("owner", "admin"), "/owner_id", 404),
        "get_admin_plants": (("admin",), None, None),
    }


def test_what_is_declared_leaves_guesses_out(tmp_path: Path) -> None:
    operation = the_list(tmp_path, query(page=COUNT, limit=COUNT) | answers(PLANTS))

    assert operation.pagination is not None
    assert operation.as_declared.pagination is None


def test_a_guess_keeps_no_requests_away(tmp_path: Path) -> None:
    only_admins = SECURED | answers(PLANTS)
    paths = {
        "/admin/plants": {"get": only_admins},
        "/admin/soils": {"get": only_admins | {"x-access": {"allow": ["admin"]}}},
    }
    guessed, declared = document(tmp_path, paths, **SCHEMES).operations

    assert guessed.allow == declared.allow == frozenset({"admin"})
    assert not is_kept_for_roles(guessed)
    assert is_kept_for_roles(declared)


def test_a_read_that_looks_like_the_account_ends_nobody(tmp_path: Path) -> None:
    paths = {"/me": {"get": SECURED | answers(PLANT), "delete": SECURED | answers({}, "204")}}
    read, deletion = document(tmp_path, paths, **SCHEMES).operations

    assert (read.role, deletion.role) == ("account", "account")
    assert not read.may_end_its_caller
    assert deletion.may_end_its_caller
