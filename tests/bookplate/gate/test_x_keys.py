"""The schema of the extension keys refuses what has no meaning, at its line."""

from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.own_keys import invalid_keys


def at_root(raw: Any, _find: Any) -> Any:
    return raw


def at_tag(raw: Any, _find: Any) -> Any:
    return raw["tags"][0]


def at_operation(raw: Any, find: Any) -> Any:
    return find(raw, "get_book")


def at_refresh(raw: Any, find: Any) -> Any:
    return find(raw, "refresh_tokens")["x-auth-role"]


def at_log_in(raw: Any, find: Any) -> Any:
    return find(raw, "log_in")["x-auth-role"]


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        (at_root, {"x-cors": {"origins": ["apps"]}}),
        (at_tag, {"x-cors": {"origins": ["apps", "back-office"]}}),
        (at_operation, {"x-cors": {"origins": []}}),
        (at_refresh, {"reuse-grace": 5}),
        (at_operation, {"x-access": {"allow": ["user", "auditor"]}}),
        (at_operation, {"x-access": {"allow": ["owner"], "owner": "creator", "refusal": 401}}),
        (at_operation, {"x-access": {"allow": ["owner"], "owner": "/by", "via": ["get_a", "get_b"], "refusal": 404}}),
        (at_operation, {"x-access": {"allow": ["self"], "self": "query:user", "refusal": 403}}),
        (at_operation, {"x-access": {"allow": ["self"], "self": "body:/from/id", "refusal": 403}}),
        (at_operation, {"x-access": {"allow": ["self"], "self": "token"}}),
        (at_operation, {"x-access": {"allow": ["admin"], "grants": "/role", "suspends": "/active"}}),
        (at_refresh, {"refresh-expires-in": "/refresh_expires_in"}),
        (at_operation, {"x-auth-role": {"role": "register", "begins": {"/tier": "free", "/active": True}}}),
    ],
)
def test_keys_that_mean_something_are_taken(both: Any, find: Any, place: Any, keys: Any) -> None:
    _, document = both(lambda raw: place(raw, find).update(keys))

    assert list(invalid_keys(document)) == []


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        (at_tag, {"x-access": {"allow": ["user"]}}),
        (at_operation, {"x-access": {"allow": ["owner"], "owner": "maker", "refusal": 404}}),
        (at_operation, {"x-access": {"allow": ["owner"], "owner": "/by", "refusal": 404}}),
        (at_operation, {"x-access": {"allow": ["self"], "self": "user_id"}}),
        (at_operation, {"x-access": {"allow": ["self"], "self": "header:user", "refusal": 403}}),
        (at_operation, {"x-access": {"allow": ["user"], "refusal": 402}}),
        (at_root, {"x-cors": {"origins": ["Back Office"]}}),
        (at_root, {"x-cors": {"origins": ["apps", "apps"]}}),
        (at_root, {"x-cors": {"origins": ["https://app.example.com"]}}),
        (at_operation, {"x-cors": {"origins": ["apps"], "methods": ["GET"]}}),
        (at_refresh, {"reuse-grace": 0}),
        (at_log_in, {"reuse-grace": 5}),
    ],
)
def test_keys_that_mean_nothing_are_refused(both: Any, find: Any, place: Any, keys: Any) -> None:
    document = both(lambda raw: place(raw, find).update(keys))[1]

    assert len(list(invalid_keys(document))) == 1


@pytest.mark.parametrize("keys", [{"x-logo": {"url": "a.png"}}, {"x-tagGroups": []}, {"x-amazon-apigateway-cors": {}}])
@pytest.mark.parametrize("place", [at_root, at_tag, at_operation])
def test_keys_of_other_tools_are_left_alone(both: Any, find: Any, place: Any, keys: Any) -> None:
    _, document = both(lambda raw: place(raw, find).update(keys))

    assert list(invalid_keys(document)) == []


def test_a_key_that_is_nearly_one_of_ours_is_misspelt(both: Any, find: Any) -> None:
    _, document = both(lambda raw: at_operation(raw, find).update({"x-acess": {"allow": ["user"]}}))

    assert [text for _, text in invalid_keys(document)] == ["x-acess means nothing here: write x-access"]


def test_without_the_schema_beside_it_a_document_is_not_judged_by_its_keys(both: Any) -> None:
    changed = both(lambda raw: raw.update({"x-cors": "all"}))[1]
    elsewhere = Document("nowhere/openapi.yaml", changed.plain(), {})

    assert list(invalid_keys(elsewhere)) == []
    assert [notice.text for notice in elsewhere.notices][:1] == [
        "its x-cors names no groups: write x-cors: {origins: [apps]}"
    ]
