"""A 400 to valid content may be a value that is taken, unless the service shows that it means something else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.contract.operation import Operation
from bookplate.fuzzing.claims import Claims
from bookplate.laws.verdict import Verdict
from bookplate.wire.exchange import Exchange

from .test_travel import JSON, found, played

LAMP = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[a-z]+$"}},
}


def make_lamp(**more: Any) -> dict[str, Any]:
    """Return an operation that documents a 400 for what is taken, and a 422 for what is wrong."""
    content = {"application/json": {"schema": LAMP}}
    answers = {status: {"description": "."} for status in ("400", "409", "422")}
    made = {"description": "Made.", "content": content}
    return {
        "operationId": "make_lamp",
        "requestBody": {"required": True, "content": content},
        "responses": {"201": made, **answers},
        **more,
    }


def operation(**more: Any) -> Operation:
    paths = {"/lamps": {"post": make_lamp(**more)}}
    raw = {"openapi": "3.0.3", "info": {"title": "Lamps", "version": "1"}, "paths": paths}
    return Document(Path("lamps.yaml"), raw, {}).operation("make_lamp")


def answer(status: int, name: str = "a") -> Exchange:
    body = json.dumps({"name": name}).encode()
    return Exchange("make_lamp", "POST", "http://127.0.0.1:1/lamps", [], body, status, [], b"{}")


def claims(*answers: Exchange, of: Operation | None = None) -> Claims:
    noted = Claims()
    for each in answers:
        noted.note(each, of or operation())
    return noted


@pytest.mark.parametrize(
    ("status", "is_wrong"),
    [(400, False), (409, True), (422, True), (201, True), (401, False), (429, False), (503, False), (None, False)],
)
def test_content_that_was_accepted_shows_what_a_400_is_about(status: int | None, *, is_wrong: bool) -> None:
    noted = claims(answer(201), answer(400, "b"))

    again = None if status is None else answer(status)
    assert bool(list(noted.wrong(lambda exchange: again))) is is_wrong


@pytest.mark.parametrize(
    ("statuses", "is_wrong"), [((201, 400), False), ((201, 409), True), ((201, 201), True), ((201, None), False)]
)
def test_where_what_was_made_is_gone_its_values_are_free(statuses: tuple[int | None, ...], *, is_wrong: bool) -> None:
    answers = iter([None if status is None else answer(status) for status in statuses])
    noted = claims(answer(201), answer(400, "b"))

    assert bool(list(noted.wrong(lambda exchange: next(answers)))) is is_wrong


@pytest.mark.parametrize("answers", [[answer(400)], [answer(201)], [answer(201), answer(409)]])
def test_without_both_answers_nothing_is_said_or_sent(answers: list[Exchange]) -> None:
    sent: list[Exchange] = []

    assert list(claims(*answers).wrong(lambda exchange: sent.append(exchange))) == []
    assert sent == []


def test_an_idempotency_key_would_give_the_first_answer_again() -> None:
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}

    assert not claims(answer(201), answer(400), of=operation(parameters=[key])).accepted


class Lamps:
    """Lamps with unique names; `taken` is the answer to one that is taken, and names shorter than `least` are unloved."""

    def __init__(self, taken: str, least: int = 0) -> None:
        self.taken = taken
        self.least = least
        self.names: set[str] = set()

    def __call__(self, request: bytes) -> Iterator[bytes | float]:
        status, content = self.answer(request)
        yield f"HTTP/1.1 {status}\r\n{JSON}\r\nAllow: POST\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content

    def answer(self, request: bytes) -> tuple[str, bytes]:
        head, _, content = request.partition(b"\r\n\r\n")
        if not head.startswith(b"POST"):
            return "405 Method Not Allowed", b"{}"
        try:
            lamp = json.loads(content)
            name = lamp["name"]
            is_good = set(lamp) == {"name"} and name.isascii() and name.islower() and name.isalpha() and len(name) <= 20
        except (ValueError, TypeError, KeyError, AttributeError):
            is_good = False
        if not is_good:
            return "422 Unprocessable Content", b"{}"
        if len(name) < self.least:
            return "400 Bad Request", b"{}"
        if name in self.names:
            return self.taken, b"{}"
        self.names.add(name)
        return "201 Created", content


@pytest.mark.parametrize(
    ("lamps", "is_found"),
    [(Lamps("400 Bad Request"), False), (Lamps("409 Conflict"), False), (Lamps("409 Conflict", 3), True)],
    ids=["400 for taken", "409 for taken", "400 for a good name"],
)
def test_a_wrong_400_of_a_creator_is_found(lamps: Lamps, tmp_path: Path, *, is_found: bool) -> None:
    result = played(lamps, tmp_path, {"/lamps": {"post": make_lamp()}})

    failed = ("SCHEMA-04", "make_lamp", Verdict.FAILED) in found(result)
    assert failed is is_found
    assert result.generated_2xx["make_lamp"] > 0
