"""For each neighbouring pair of the contract's order of checks: a request that breaks both gets the earlier answer."""

from collections.abc import Callable, Iterator

import pytest

from ..people import Person, add_book, book, isbn_13, new_person
from ..reference_server import Server, read_document, relaxed, save, serving
from ..wire import Client, compose

MakeStranger = Callable[[], Client]
JSON = "Content-Type: application/json"
LONG, WIDE, LARGE = "x" * 9000, f"X-Padding: {'x' * 17000}", "Content-Length: 70000"


@pytest.fixture(scope="module", name="admins_only")
def _admins_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where only admins may add books."""
    folder = tmp_path_factory.mktemp("admins")
    document = relaxed(read_document())
    document["paths"]["/books"]["post"]["x-access"] = {"allow": ["admin"]}
    with serving(folder, save(document, folder)) as server:
        yield server


@pytest.fixture(name="other")
def _other(client: Client) -> Person:
    """Somebody else."""
    return new_person(client)


def answer_to(client: Client, request: bytes) -> tuple[int, str]:
    """Return status and code of an answer."""
    answer = client.send(request)
    return answer.status, str(answer.code)


def test_target_before_header_section_before_content(client: Client) -> None:
    """Of too large a target, header section and content the target is named first, then the header section."""
    assert answer_to(client, compose("POST", f"/api/books?{LONG}", WIDE, LARGE)) == (414, "uri_too_long")
    assert answer_to(client, compose("POST", "/api/books", WIDE, LARGE)) == (431, "headers_too_large")


@pytest.mark.parametrize(
    ("target", "field", "expected"),
    [
        (f"/api/nothing?{LONG}", "X-Field: x", (414, "uri_too_long")),
        ("/api/nothing", WIDE, (431, "headers_too_large")),
        ("/api/nothing", LARGE, (413, "content_too_large")),
    ],
)
def test_size_before_path(client: Client, target: str, field: str, expected: tuple[int, str]) -> None:
    """What is too large is refused before its path is looked at."""
    assert answer_to(client, compose("POST", target, field)) == expected


def test_path_before_method(client: Client) -> None:
    """An unknown path is 404 for every method."""
    assert {answer_to(client, compose(method, "/api/nothing")) for method in ("TRACE", "BREW", "DELETE", "POST")} == {
        (404, "not_found")
    }


def test_method_before_the_limits_of_an_operation(stranger: MakeStranger) -> None:
    """A method that the path does not take is 405, even when the limit of the path's operation is reached."""
    client = stranger()
    spent = [client.ask("POST", "/api/auth/login", {}).status for _ in range(21)]

    assert spent[-1] == 429
    assert answer_to(client, compose("PUT", "/api/auth/login")) == (405, "method_not_allowed")


def test_address_limit_before_token(stranger: MakeStranger) -> None:
    """Who has spent the limit of the address gets 429 for a bad token."""
    client = stranger()
    request = compose("POST", "/api/auth/login", "Authorization: Bearer bad", JSON, body=b"{}")
    answers = [answer_to(client, request) for _ in range(21)]

    assert answers == [(401, "invalid_token")] * 20 + [(429, "rate_limited")]


def test_token_before_subject_limit(stranger: MakeStranger) -> None:
    """A token with a bad signature is 401, even when the subject it names has spent its limit."""
    person = new_person(stranger())
    spent = [person.client.ask("POST", "/api/books", {}).status for _ in range(31)]
    forged = f"{person.client.token}"[:-8] + "AAAAAAAA"

    assert spent == [422] * 30 + [429]
    assert Client(person.client.port, stranger().source, forged).ask("POST", "/api/books", {}).code == "invalid_token"


def test_subject_limit_before_session(stranger: MakeStranger) -> None:
    """A subject that has spent its limit gets 429, even when its session has ended."""
    person = new_person(stranger())
    spent = [person.me().status for _ in range(60)]
    ended = person.client.ask("POST", "/api/auth/logout").status

    assert (set(spent), ended) == ({200}, 204)
    assert person.me().status == 429
    assert person.client.ask("POST", "/api/books", {}).status == 401


def test_session_before_role(admins_only: Server) -> None:
    """A session that has ended is 401 where the role would not do either."""
    person = new_person(Client(admins_only.port))
    before = person.client.ask("POST", "/api/books", book())
    person.client.ask("POST", "/api/auth/logout")
    after = person.client.ask("POST", "/api/books", book())

    assert [(each.status, each.code) for each in (before, after)] == [(403, "forbidden"), (401, "invalid_token")]


def test_role_before_media_type(admins_only: Server) -> None:
    """Who may not call an operation is told so whatever the content."""
    person = new_person(Client(admins_only.port))
    fields = (f"Authorization: Bearer {person.client.token}", "Content-Type: text/plain")

    assert answer_to(person.client, compose("POST", "/api/books?nope=1", *fields, body=b"{")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("target", "media", "body", "expected"),
    [
        ("/api/books/0?nope=1", "text/plain", b"{", (415, "unsupported_media_type")),
        ("/api/books/0", "application/json", b"{", (400, "invalid_parameter")),
        ("/api/books/1?nope=1", "application/json", b"{}", (400, "invalid_parameter")),
        ("/api/books/1", "application/json", b'{"nope": 1, "nope": 1}', (400, "malformed_content")),
        ("/api/books/9007199254740991", "application/json", b"{}", (422, "invalid_content")),
    ],
    ids=[
        "media type before parameters",
        "parameters before syntax",
        "parameters before content",
        "syntax before content",
        "content before existence",
    ],
)
def test_content_checks(
    client: Client, person: Person, target: str, media: str, body: bytes, expected: tuple[int, str]
) -> None:
    """Media type, parameters, syntax, content and existence are checked in this order."""
    fields = (f"Authorization: Bearer {person.client.token}", f"Content-Type: {media}")

    assert answer_to(client, compose("PUT", target, *fields, body=body)) == expected


def test_semantic_rules_before_existence(person: Person) -> None:
    """A rule that no schema can say is checked before the book is looked for."""
    answer = person.client.ask("PUT", "/api/books/9007199254740991", book(isbn="978-0-441-17271-8"))

    assert (answer.status, answer.code) == (422, "invalid_content")


def test_existence_before_ownership(person: Person, other: Person) -> None:
    """A deleted book is 404 for somebody who never owned it."""
    added = add_book(person.client)
    target = f"/api/books/{added.json()['id']}"
    person.client.ask("DELETE", target, None, f"If-Match: {added.header('ETag')}")

    assert other.client.ask("PUT", target, book()).code == "not_found"


@pytest.mark.parametrize("field", ["X-Field: x", "If-Match: nonsense", 'If-Match: "other"'])
def test_ownership_before_precondition(person: Person, other: Person, field: str) -> None:
    """Somebody else's book is 403, whatever the condition."""
    target = f"/api/books/{add_book(person.client).json()['id']}"
    answers = [
        other.client.ask("PUT", target, book(), field),
        other.client.ask("PATCH", target, {}, field),
        other.client.ask("DELETE", target, None, field),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "forbidden")] * 3


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-Field: x", (428, "precondition_required")),
        ("If-Match: x", (400, "invalid_precondition")),
        ('If-Match: "x"', (412, "precondition_failed")),
    ],
)
def test_precondition_before_unique_values(person: Person, field: str, expected: tuple[int, str]) -> None:
    """A condition that does not hold is told before an ISBN that is taken."""
    number = 300_000_000 + len(field)
    add_book(person.client, isbn=isbn_13(number))
    target = f"/api/books/{add_book(person.client).json()['id']}"
    answer = person.client.ask("PATCH", target, {"isbn": isbn_13(number)}, field)

    assert (answer.status, answer.code) == expected


def test_own_user_checks(person: Person) -> None:
    """For the user who asks too, content comes before the condition, and the condition before unique values."""
    wrong = {"password": "a wholly different secret", "current_password": "wrong"}
    taken = {"email": new_person(Client(person.client.port)).email}

    assert person.client.ask("PATCH", "/api/users/me", wrong).code == "invalid_content"
    assert person.client.ask("PATCH", "/api/users/me", taken, 'If-Match: "x"').code == "precondition_failed"
    assert person.client.ask("PATCH", "/api/users/me", taken, "If-Match: *").code == "conflict"
