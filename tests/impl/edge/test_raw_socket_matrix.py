"""
Whatever bytes arrive, the answer is the contract's: a problem of the right status, code and fields.

What the HTTP parser itself cannot read is 400 in the server's own words; those requests are listed as such. A client that
never finishes its header section (slowloris) is the matter of the proxy in front: the server has no timeout for that.
"""

import json
from http.client import HTTPException

import pytest

from ..people import Person
from ..wire import Answer, Client, compose, connect, read_answer
from . import raw_contents, raw_fields, raw_targets
from .raw_case import TOKEN, Case

CASES = [*raw_targets.CASES, *raw_contents.CASES, *raw_fields.CASES]
PHRASES = {413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 422: "Unprocessable Content"}
PHRASES |= {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
PHRASES |= {431: "Request Header Fields Too Large"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answer_is_the_contracts(case: Case, client: Client, person: Person) -> None:
    """The answer has the status, the code, the pointer and the fields that the contract promises."""
    assert person.client.token is not None
    answer = client.send(case.bytes_for(person.client.token))

    assert (answer.status, answer.code) == (case.status, case.code)
    assert [(name, answer.header(name)) for name, _ in case.headers] == list(case.headers)
    assert answer.header("Location") is None or answer.status == 201
    assert answer.header("X-Request-Id")
    if case.pointer:
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [case.pointer]
    if answer.code:
        assert_problem(answer)


def assert_problem(answer: Answer) -> None:
    """Check what all problems have in common."""
    content = answer.json()

    assert content["title"] == PHRASES[answer.status]
    assert (content["type"], content["status"]) == ("about:blank", answer.status)
    assert content["request_id"] == answer.header("X-Request-Id")
    assert answer.header("Content-Length") == str(len(answer.body))
    assert ("errors" in content) >= (answer.status == 422)


def test_names_are_unique() -> None:
    """No two rows have one name."""
    names = [case.name for case in CASES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", raw_fields.PARSER)
def test_parser_refuses(name: str, client: Client) -> None:
    """The HTTP parser answers 400 in its own words and closes the connection."""
    with connect(client.port) as connection:
        connection.sendall(raw_fields.PARSER[name])
        answer = read_answer(connection)
        rest = connection.recv(1)

    assert (answer.status, answer.code, rest) == (400, None, b"")


def test_low_bits_of_a_signature_are_significant(client: Client, person: Person) -> None:
    """Of the spellings that decode to one signature only the canonical one is good."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = person.client.token or ""
    others = [token[:-1] + alphabet[alphabet.index(token[-1]) ^ bit] for bit in (1, 2, 3)]

    answers = [Client(client.port, token=other).ask("GET", "/api/users/me") for other in others]

    assert [answer.code for answer in answers] == ["invalid_token"] * 3


def test_head_is_get_without_content(client: Client) -> None:
    """HEAD has the status and the fields of GET, Content-Length included, and no content."""
    volatile = {"x-request-id", "date", "ratelimit", "cache-status"}
    client.ask("GET", "/api/books")
    get, head = client.ask("GET", "/api/books"), client.ask("HEAD", "/api/books")

    assert head.body == b""
    assert kept(head, volatile) == kept(get, volatile)


def kept(answer: Answer, volatile: set[str]) -> dict[str, str]:
    """Return the fields of an answer that do not change from one request to the next."""
    return {name.lower(): value for name, value in answer.fields if name.lower() not in volatile}


def test_refused_content_is_no_further_request(client: Client) -> None:
    """Content that was refused unread is never taken for a request: what follows it is the next one, or nothing."""
    smuggled = compose("GET", "/api/health/live")
    content = (smuggled * 2000)[:70000]
    with connect(client.port) as connection:
        connection.sendall(compose("POST", "/api/books", body=content))
        answer = read_answer(connection, "POST")
        try:
            connection.sendall(compose("GET", "/api/nothing"))
            following = read_answer(connection).status
        except (OSError, HTTPException):
            following = None

    assert answer.status == 413
    assert following in (None, 404)


def test_header_section_of_70_kb_is_refused(client: Client) -> None:
    """A header section of 70 KB is refused by the application, or by the parser before it, as its parts arrive."""
    try:
        status = client.send(raw_fields.section(70000)).status
    except OSError:
        # The parser closes the connection with bytes unread, which may overtake its answer.
        status = 400

    assert status in (400, 431)


def test_forged_host_appears_nowhere(client: Client, person: Person) -> None:
    """Links and locations are relative to the host, so that a forged one poisons nothing."""
    content = json.dumps({"title": "Dune", "author": "Frank Herbert", "price": "9.99"}).encode()
    fields = (f"Authorization: Bearer {TOKEN}", "Content-Type: application/json")
    requests = [compose("POST", "/api/books", *fields, body=content), compose("GET", "/api/books?per_page=1")]
    requests = [
        each.replace(b"127.0.0.1", b"evil.example").replace(TOKEN.encode(), (person.client.token or "").encode())
        for each in requests
    ]

    answers = [client.send(request) for request in requests] + [client.ask("GET", "/api/books?per_page=1")]

    assert [answer.status for answer in answers] == [201, 200, 200]
    assert not any("evil" in f"{answer.fields}{answer.body!r}" for answer in answers)
