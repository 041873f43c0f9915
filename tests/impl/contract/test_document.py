"""The document reads as a model: everything is described, and each example is what the reference answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from impl.contract.contract import Contract, Operation
from impl.contract.validators import ContentValidator
from impl.problems import KeyInFlight, Problem, RateLimited, Unavailable

from ..people import PASSWORD, add_book, book, isbn_13, new_person
from ..reference_server import DOCUMENT, Server
from ..wire import Client, compose

CONTRACT = Contract.load(DOCUMENT)
EXAMPLES: dict[str, Any] = {name: each["value"] for name, each in CONTRACT.raw["components"]["examples"].items()}
# What needs a server of its own, or other requests at the same time: other tests meet these.
TOLD_BY_CLASS: dict[str, type[Problem]] = {
    "IdempotencyKeyInFlight": KeyInFlight,
    "RateLimited": RateLimited,
    "Unavailable": Unavailable,
}
JSON = "Content-Type: application/json"
TAKEN = isbn_13(700_000_001)
USED = "Idempotency-Key: used"


@dataclass(frozen=True)
class Provocation:
    """A request that is answered with an error: by a caller, to a target in which `{book}` is an id of the owner's."""

    caller: str
    method: str
    target: str
    fields: tuple[str, ...] = ()
    content: bytes | None = None


def creating(*fields: str, **changes: Any) -> Provocation:
    """Return a request by the owner that adds a book with changed content."""
    return Provocation("owner", "POST", "/api/books", (JSON, *fields), json.dumps(book(**changes)).encode())


def deleting(caller: str, *fields: str) -> Provocation:
    """Return a request that deletes the book of the owner."""
    return Provocation(caller, "DELETE", "/api/books/{book}", fields)


def posting(target: str, **content: str) -> Provocation:
    """Return a request without a token that sends content."""
    return Provocation("anybody", "POST", target, (JSON,), json.dumps(content).encode())


PROVOCATIONS = {
    "InvalidParameter": Provocation("anybody", "GET", "/api/books?per_page=101"),
    "InvalidCursor": Provocation("anybody", "GET", "/api/books/feed?cursor=abc"),
    "MalformedContent": Provocation("owner", "POST", "/api/books", (JSON,), b'{"title": "Dune",}'),
    "InvalidPrecondition": deleting("owner", "If-Match: 7-1"),
    "MissingToken": Provocation("anybody", "GET", "/api/users/me"),
    "InvalidToken": Provocation("anybody", "GET", "/api/users/me", ("Authorization: Bearer a.b.c",)),
    "InvalidCredentials": posting("/api/auth/login", email="nobody@example.com", password=PASSWORD),
    "InvalidRefreshToken": posting("/api/auth/refresh", refresh_token="x" * 40),
    "NotAnAdmin": Provocation("owner", "GET", "/api/users"),
    "NotTheOwner": deleting("other", 'If-Match: "7-1"'),
    "NotFound": Provocation("owner", "GET", "/api/users/987654321"),
    "Conflict": creating(isbn=TAKEN),
    "PreconditionFailed": deleting("owner", 'If-Match: "0-0"'),
    "ContentTooLarge": creating(title="x" * 65_536),
    "UriTooLong": Provocation("anybody", "GET", "/api/books?author=" + "x" * 8000),
    "UnsupportedMediaType": Provocation("owner", "POST", "/api/books", ("Content-Type: text/plain",), b"Dune"),
    "InvalidContent": creating(price="9.9"),
    "IdempotencyKeyReused": creating(USED),
    "PreconditionRequired": deleting("owner"),
    "HeadersTooLarge": Provocation("anybody", "GET", "/api/books", ("X-Long: " + "x" * 16_384,)),
}


def errors() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each error answer of each operation: whose it is, its status and its content."""
    for operation in CONTRACT.operations.values():
        for status in operation.raw["responses"]:
            if status[0] in "45":
                yield operation.id, status, operation.response(int(status))["content"]["application/problem+json"]


@pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=CONTRACT.operations)
def test_operation_is_described(operation: Operation) -> None:
    """An operation has a summary and a sentence; a parameter has a sentence and an example that its schema allows."""
    assert operation.raw["summary"]
    assert operation.raw["description"]
    for parameter in operation.parameters:
        assert parameter["description"], parameter
        assert ContentValidator(CONTRACT, parameter["schema"]).faults(parameter["example"]) == [], parameter


def test_every_error_has_examples_of_its_status() -> None:
    """An error answer shows at least one problem, and each that it shows has its status."""
    shown = [
        (who, status, CONTRACT.resolve(each)["value"]["status"])
        for who, status, content in errors()
        for each in content["examples"].values()
    ]

    assert {(who, status) for who, status, _ in shown} == {(who, status) for who, status, _ in errors()}
    assert [each for each in shown if each[1] != str(each[2])] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_follows_its_schema(name: str) -> None:
    """An example of an error is a Problem as the schema describes it."""
    schema = {"$ref": "#/components/schemas/Problem"}
    assert ContentValidator(CONTRACT, schema).faults(EXAMPLES[name]) == []


@pytest.mark.parametrize(("name", "problem"), TOLD_BY_CLASS.items())
def test_example_has_the_words_of_its_problem(name: str, problem: type[Problem]) -> None:
    """An example of what is hard to provoke has the status, the code and the detail that the reference would send."""
    example = EXAMPLES[name]
    assert (example["status"], example["code"], example["detail"]) == (problem.status, problem.code, problem.detail)


@dataclass(frozen=True)
class Cast:
    """The callers, and a book of the owner's; a book with the taken ISBN and one with the used key are there."""

    callers: dict[str, Client]
    book: int


@pytest.fixture(scope="module", name="cast")
def _cast(server: Server) -> Cast:
    anybody = Client(server.port)
    owner, other = new_person(anybody), new_person(anybody)
    added = add_book(owner.client, isbn=TAKEN).json()
    owner.client.ask("POST", "/api/books", book(), USED)
    return Cast({"anybody": anybody, "owner": owner.client, "other": other.client}, added["id"])


def test_every_example_is_told_or_provoked() -> None:
    """No example is left unchecked."""
    assert {*PROVOCATIONS, *TOLD_BY_CLASS} == {*EXAMPLES}


@pytest.mark.parametrize(("name", "provocation"), PROVOCATIONS.items(), ids=PROVOCATIONS)
def test_reference_answers_as_the_example(name: str, provocation: Provocation, cast: Cast) -> None:
    """A request that meets the error is answered with the example, but for the id of the request."""
    client = cast.callers[provocation.caller]
    token = [f"Authorization: Bearer {client.token}"] if client.token else []
    target = provocation.target.format(book=cast.book)

    answer = client.send(compose(provocation.method, target, *token, *provocation.fields, body=provocation.content))

    assert answer.json() | {"request_id": EXAMPLES[name]["request_id"]} == EXAMPLES[name]
