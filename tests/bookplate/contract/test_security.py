"""Security: which credentials an operation asks for, and how a request carries them."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.security import Carried

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
BEARER = {"type": "http", "scheme": "bearer"}


def with_schemes(security: Any = (), operation: Any = None, **schemes: Any) -> Document:
    """Return a document with security schemes, and with one operation that has its own `security` or none."""
    raw: dict[str, Any] = {
        "paths": {"/items": {"get": {"operationId": "list_items", "responses": {}}}},
        "components": {"securitySchemes": schemes},
        "security": list(security),
    }
    if operation is not None:
        raw["paths"]["/items"]["get"]["security"] = operation
    return Document(Path("openapi.yaml"), raw, {})


@pytest.mark.parametrize(
    ("scheme", "carried"),
    [
        (BEARER, Carried("header", "Authorization", "Bearer secret")),
        ({"type": "http", "scheme": "basic"}, Carried("header", "Authorization", "Basic secret")),
        ({"type": "http", "scheme": "Vapid"}, Carried("header", "Authorization", "Vapid secret")),
        ({"type": "oauth2", "flows": {}}, Carried("header", "Authorization", "Bearer secret")),
        ({"type": "openIdConnect", "openIdConnectUrl": "/id"}, Carried("header", "Authorization", "Bearer secret")),
        (KEY, Carried("header", "X-Key", "secret")),
        ({"type": "apiKey", "in": "cookie", "name": "session"}, Carried("cookie", "session", "secret")),
        ({"type": "apiKey", "in": "query", "name": "key"}, Carried("query", "key", "secret")),
        ({"type": "mutualTLS"}, None),
    ],
)
def test_a_value_goes_where_its_scheme_says(scheme: dict[str, Any], carried: Carried | None) -> None:
    assert with_schemes(one=scheme).security_schemes["one"].carry("secret") == carried


def test_another_word_may_stand_before_a_value() -> None:
    document = with_schemes(bearer=BEARER, key=KEY)

    texts = [scheme.carry("secret", prefix="Token") for scheme in document.security_schemes.values()]

    assert [carried.text for carried in texts if carried] == ["Token secret", "Token secret"]


def test_the_flows_of_a_scheme_tell_where_tokens_are_got() -> None:
    flows = {"password": {"tokenUrl": "token", "scopes": {}}, "implicit": {"authorizationUrl": "/in", "scopes": {}}}

    scheme = with_schemes(oauth={"type": "oauth2", "flows": flows}).security_schemes["oauth"]

    assert [(flow.name, flow.token_url) for flow in scheme.flows] == [("password", "token"), ("implicit", "")]


@pytest.mark.parametrize(
    ("root", "own", "asked"),
    [
        ([{"one": []}], None, ({"one": ()},)),
        ([{"one": []}], [], ()),
        ([{"one": []}], [{"two": ["read"]}, {"one": [], "two": []}], ({"two": ("read",)}, {"one": (), "two": ()})),
        ([], [{}, {"one": []}], ({}, {"one": ()})),
    ],
)
def test_an_operation_asks_for_what_it_says_itself_or_the_root(root: Any, own: Any, asked: Any) -> None:
    document = with_schemes(root, own, one=BEARER, two=KEY)

    assert document.operation("list_items").security == asked


@pytest.mark.parametrize(
    ("asked", "takes_tokens"),
    [([{"bearer": []}], True), ([{"key": []}], False), ([{"key": []}, {"bearer": []}], True)],
)
def test_tokens_are_forged_only_where_a_scheme_takes_them(asked: Any, takes_tokens: bool) -> None:
    document = with_schemes([], asked, bearer=BEARER, key=KEY)

    assert document.operation("list_items").bearer is takes_tokens


@pytest.mark.parametrize(
    ("schemes", "challenged"),
    [
        ({"one": BEARER}, True),
        ({"one": {"type": "http", "scheme": "basic"}}, True),
        ({"one": KEY}, False),
        ({"one": BEARER, "two": KEY}, False),
        ({"one": {"type": "mutualTLS"}}, False),
        ({}, False),
    ],
)
def test_a_challenge_is_expected_only_where_each_scheme_has_a_name_for_it(schemes: Any, challenged: bool) -> None:
    assert with_schemes(**schemes).operation("list_items").challenged is challenged
