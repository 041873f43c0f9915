"""What the campaign does as an admin harms nobody whom the suite still needs."""

from typing import Any

import pytest
import requests

from bookplate.contract.document import Document
from bookplate.fuzzing import identities
from bookplate.fuzzing.generator import is_kept_for
from bookplate.fuzzing.identities import CarefulToken, LiveToken
from bookplate.fuzzing.plan import plan, plan_for_role

from .conftest import person
from .test_generators import OPENAPI

PEOPLE = {name: person(f"token of {name}") for name in ("a", "b", "admin", "stand-in")}
FACTS = {
    "token of a": {"id": "1", "role": "user"},
    "token of b": {"id": "2", "role": "user"},
    "token of admin": {"id": "3", "role": "admin"},
    "token of stand-in": {"id": "4", "role": "user"},
}


@pytest.fixture(name="signs")
def _signs(monkeypatch: pytest.MonkeyPatch) -> CarefulToken:
    monkeypatch.setattr(identities, "facts", lambda url, operation, user: FACTS[user.token])
    people = [PEOPLE[name] for name in ("a", "b", "admin")]
    document = Document.load(OPENAPI)
    account = ("http://127.0.0.1/api/users/me", document.operation("get_me"))
    asking = document.operation("delete_user")
    return CarefulToken(PEOPLE["admin"], people, PEOPLE["stand-in"], account, {}, asking)


def sent(signs: Any, method: str, path: str) -> str:
    request = requests.Request(method, f"http://127.0.0.1{path}", auth=signs).prepare()
    assert request.headers["Authorization"] == "Bearer token of admin"
    return str(request.path_url)


@pytest.mark.parametrize("number", ["1", "2", "3"])
@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_writes_to_people_of_the_suite_are_turned_aside(signs: CarefulToken, method: str, number: str) -> None:
    assert sent(signs, method, f"/api/users/{number}") == "/api/users/4"


@pytest.mark.parametrize("path", ["/api/users/12", "/api/admin/cache/clear", "/api/user/1?role=user"])
def test_only_what_tells_people_apart_is_turned_aside(signs: CarefulToken, path: str) -> None:
    assert sent(signs, "POST", path) == path.replace("/1?", "/4?")


def test_reads_are_as_generated(signs: CarefulToken) -> None:
    assert sent(signs, "GET", "/api/users/1") == "/api/users/1"


def test_only_admins_write_what_only_admins_may_and_only_last() -> None:
    document = Document.load(OPENAPI)
    live = LiveToken(lambda: PEOPLE["stand-in"], {}, document.operation("log_out"))
    everybody = {name: PEOPLE[name] for name in ("a", "b", "admin")}
    peers = {name: PEOPLE[name] for name in ("a", "b")}
    kept = [operation.id for operation in document.operations if is_kept_for("admin", operation, everybody)]
    guarded = {name for this in plan_for_role(document, "admin", kept, live) for name in this.operations}

    for this in plan(document, everybody, peers, live):
        if {"update_user", "delete_user"} & this.operations:
            assert "admin" not in this.identities
    assert {"update_user", "delete_user", "register_user"} <= guarded


def test_signing_in_is_walked_by_itself() -> None:
    document = Document.load(OPENAPI)
    live = LiveToken(lambda: PEOPLE["a"], {}, document.operation("log_out"))
    walks = [this.operations for this in plan(document, {}, {}, live)]

    assert {"register_user", "log_in", "refresh_tokens"} in walks
