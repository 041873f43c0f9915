"""Who may do what, as the document says it; and what an admin does to a user counts at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ..people import PASSWORD, Person, add_book, book, log_in, new_admin, new_person, refresh, unused_name
from ..reference_server import Json, Server, read_document
from ..wire import Answer, Client

METHODS = ("get", "post", "put", "patch", "delete")
CALLERS = ("anonymous", "other", "owner", "admin")
REFUSALS = {401, 403, 404}


@dataclass(frozen=True)
class Cast:
    """Somebody who owns a book, somebody else, an admin, and nobody."""

    owner: Person
    other: Person
    admin: Person
    book_id: int

    def client(self, caller: str) -> Client:
        """Return what a caller talks with."""
        return self.owner.client if caller == "owner" else self._others(caller)

    def _others(self, caller: str) -> Client:
        anonymous = replace(self.other.client, token=None)
        return {"anonymous": anonymous, "other": self.other.client, "admin": self.admin.client}[caller]


def operations() -> list[tuple[str, str, Json]]:
    """Return method, path and description of every operation."""
    paths = read_document()["paths"].items()
    return [(method.upper(), path, item[method]) for path, item in paths for method in METHODS if method in item]


def expected(operation: Json, caller: str) -> int | None:
    """Return the status that refuses a caller; None for who is let in."""
    if operation.get("security") == []:
        return None
    if caller == "anonymous":
        return 401
    access = operation["x-access"]
    words = {"other": {"user"}, "owner": {"user", "owner", "self"}, "admin": {"user", "admin"}}[caller]
    return None if words & set(access["allow"]) else access.get("otherwise", 403)


@pytest.fixture(scope="module", name="cast")
def _cast(server: Server) -> Cast:
    client = Client(server.port)
    owner, other, admin = new_person(client), new_person(client), new_admin(server, client)
    return Cast(owner, other, admin, add_book(owner.client).json()["id"])


def content_of(operation: Json, cast: Cast) -> Any:
    """Return content that the operation takes from anyone who may send it."""
    secrets: dict[str, Callable[[], Json]] = {
        "register_user": lambda: {
            "email": f"{(name := unused_name())}@a.example",
            "username": name,
            "password": PASSWORD,
        },
        "log_in": lambda: {"email": cast.owner.email, "password": PASSWORD},
        "refresh_tokens": lambda: {"refresh_token": cast.owner.again().tokens["refresh_token"]},
        "create_book": book,
    }
    if operation["operationId"] in secrets:
        return secrets[operation["operationId"]]()
    return next((media["example"] for media in operation.get("requestBody", {}).get("content", {}).values()), None)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path", "operation"), operations(), ids=lambda each: str(each)[:40])
def test_everyone_may_what_the_document_says(cast: Cast, method: str, path: str, operation: Json, caller: str) -> None:
    """Each operation refuses each kind of caller as `security` and `x-access` say, and lets the others in."""
    client = cast.client(caller)
    if operation["operationId"] == "log_out" and client.token:
        client = (cast.other if caller == "other" else cast.owner if caller == "owner" else cast.admin).again().client
    target = "/api" + path.format(user_id=cast.owner.user["id"], book_id=cast.book_id)
    query = "?q=dune" if operation["operationId"] == "search_books" else ""
    # Without If-Match nobody changes anything: who is let in gets no further than 428.
    status = client.ask(method, target + query, content_of(operation, cast)).status
    refusal = expected(operation, caller)

    assert status == refusal if refusal else status not in REFUSALS


def told(answer: Answer) -> tuple[int, Json, list[str]]:
    """Return all that an answer tells, but for what is each request's own."""
    fields = [
        f"{name}: {value}" for name, value in answer.fields if name.lower() not in ("x-request-id", "ratelimit", "date")
    ]
    return answer.status, answer.json() | {"request_id": ""}, fields


def test_hidden_user_is_told_as_a_missing_one(cast: Cast) -> None:
    """For somebody else a user who exists and one who does not are one answer, byte for byte."""
    hidden, missing = (
        cast.other.client.ask("GET", f"/api/users/{each}") for each in (cast.owner.user["id"], 2**31 - 1)
    )

    assert told(hidden) == told(missing)
    assert len(hidden.body) == len(missing.body)
    request_id = missing.json()["request_id"].encode()
    assert hidden.body.replace(hidden.json()["request_id"].encode(), request_id) == missing.body


def change(admin: Person, user_id: int, patch: Json) -> Answer:
    """Change a user as an admin."""
    target = f"/api/users/{user_id}"
    tag = admin.client.ask("GET", target).header("ETag")
    return admin.client.ask("PATCH", target, patch, f"If-Match: {tag}")


def test_deactivation_ends_sessions_at_once(client: Client, cast: Cast) -> None:
    """A deactivated user has no session, gets none, and after the return the old ones stay ended."""
    person = new_person(client)
    second = person.again()
    assert change(cast.admin, person.user["id"], {"active": False}).status == 200
    ended = [person.me().code, second.me().code, refresh(client, person.tokens["refresh_token"]).code]
    refused = log_in(client, person.email)
    assert change(cast.admin, person.user["id"], {"active": True}).json()["active"] is True

    assert ended == ["invalid_token", "invalid_token", "invalid_refresh_token"]
    assert (refused.status, refused.json()["detail"]) == (401, log_in(client, "nobody@a.example").json()["detail"])
    assert (person.me().status, refresh(client, second.tokens["refresh_token"]).status) == (401, 401)
    assert log_in(client, person.email).status == 200


@pytest.mark.parametrize("patch", [{"tier": "premium"}, {"role": "admin"}, {"role": "admin", "tier": "standard"}])
def test_only_deactivation_ends_sessions(client: Client, cast: Cast, patch: Json) -> None:
    """A new role or tier holds at once and ends nothing."""
    person = new_person(client)
    assert change(cast.admin, person.user["id"], patch).status == 200

    assert {name: person.me().json()[name] for name in patch} == patch
    assert person.client.ask("GET", "/api/users").status == (200 if "role" in patch else 403)


def test_lost_role_is_lost_at_once(server: Server, client: Client, cast: Cast) -> None:
    """Who is no admin any more is refused with the very token that was good before."""
    admin = new_admin(server, client)
    before = admin.client.ask("GET", "/api/users").status
    assert change(cast.admin, admin.user["id"], {"role": "user"}).status == 200

    assert (before, admin.client.ask("GET", "/api/users").status) == (200, 403)


@pytest.mark.parametrize("name", ["id", "email", "created_at", "updated_at", "password_hash", "version", "nothing"])
def test_admin_writes_role_tier_and_activity_alone(cast: Cast, name: str) -> None:
    """Whatever else an admin's patch names is 422 and changes nothing."""
    before = cast.owner.me().body
    answer = change(cast.admin, cast.owner.user["id"], {name: "x"})

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert cast.owner.me().body == before


def test_users_are_listed_whole_and_without_secrets(server: Server, cast: Cast) -> None:
    """A walk through all users meets each once, with the members of the contract alone; filters hold."""
    target, met = "/api/users?per_page=7", []
    while target:
        page = cast.admin.client.ask("GET", target).json()
        met += page["items"]
        target = page["links"]["next"]
    members = set(read_document()["components"]["schemas"]["User"]["properties"])
    admins = cast.admin.client.ask("GET", "/api/users?role=admin&tier=free&per_page=100").json()["items"]

    assert [each["id"] for each in met] == [row[0] for row in server.execute("SELECT id FROM users ORDER BY id")]
    assert {frozenset(each) for each in met} == {frozenset(members)}
    assert admins == [each for each in met if (each["role"], each["tier"]) == ("admin", "free")]
    assert PASSWORD not in json.dumps(met)


def test_admin_deletes_a_user_with_all_it_had(server: Server, client: Client, cast: Cast) -> None:
    """Books, sessions, tokens and kept answers go with their user, in one step."""
    person = new_person(client)
    add_book(person.client)
    client_with_key = person.client.ask("POST", "/api/books", book(), f"Idempotency-Key: {unused_name('key')}")
    target = f"/api/users/{person.user['id']}"
    tag = cast.admin.client.ask("GET", target).header("ETag")
    answer = cast.admin.client.ask("DELETE", target, None, f"If-Match: {tag}")
    left = [
        server.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", person.user["id"])[0][0]
        for table, column in (
            ("users", "id"),
            ("books", "owner_id"),
            ("sessions", "user_id"),
            ("kept_answers", "user_id"),
        )
    ]

    assert (client_with_key.status, answer.status, left) == (201, 204, [0, 0, 0, 0])
    assert person.me().code == "invalid_token"
    assert client.ask("GET", f"{target}/books").status == 404


def test_tier_carries_usage_over(limited: Server, stranger: Callable[[], Client]) -> None:
    """What a free caller has used counts in the next tier, upwards and back; there is no fresh bucket."""
    person, admin = new_person(stranger()), new_admin(limited, stranger())
    free = [person.client.ask("GET", "/api/books/statistics") for _ in range(11)]
    change(admin, person.user["id"], {"tier": "standard"})
    standard = person.client.ask("GET", "/api/books/statistics")
    change(admin, person.user["id"], {"tier": "free"})
    again = person.client.ask("GET", "/api/books/statistics")

    assert [answer.status for answer in free] == [200] * 10 + [429]
    assert (standard.status, standard.remaining("statistics")) == (200, 89)
    assert standard.header("RateLimit-Policy") == '"statistics";q=100;w=3600'
    assert (again.status, again.header("RateLimit-Policy")) == (429, '"statistics";q=10;w=3600')
    assert stranger().ask("GET", "/api/books/statistics").remaining("statistics") == 9
