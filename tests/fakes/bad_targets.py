"""Targets that keep no promise at all, each in its own way."""

import itertools
import json
from typing import Any

from .toy import Call, Refusal, Toy, create_app


def always(status: int, body: Any) -> Any:
    """Return an application that gives everybody the same answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return app


not_found = always(404, {"type": "about:blank", "title": "Not Found", "status": 404})
too_many = always(429, {"type": "about:blank", "title": "Too Many Requests", "status": 429})
crashed = always(500, {"type": "about:blank", "title": "Internal Server Error", "status": 500})
empty = always(200, {})


class Anybodys(Call):
    """Forgets to ask whose a note is."""

    def get_note(self, number: int) -> tuple[int, Any]:
        if number not in self.toy.notes:
            raise Refusal(404, "no such note")
        return 200, self.toy.notes[number]


def without_owner_check() -> Toy:
    app: Toy = create_app()
    app.call = Anybodys
    return app


class Tidy(Call):
    """Keeps other texts than it was given: runs of blanks become one."""

    def create_note(self) -> tuple[int, Any]:
        self.body["text"] = " ".join(self.body["text"].split())
        return super().create_note()


def tidying() -> Toy:
    app: Toy = create_app()
    app.call = Tidy
    return app


def without_delete() -> Toy:
    """The document has an operation that nobody wrote."""
    app: Toy = create_app()
    app.call = type("Unfinished", (Call,), {"delete_note": refuse_501})
    return app


def refuse_501(call: Call, number: int) -> tuple[int, Any]:
    raise Refusal(501, "no handler")


def broken() -> Toy:
    raise ImportError("a module that this target needs is missing")


class Careless(Anybodys):
    """Forgets to ask whose a note is, and fails at each list."""

    def list_notes(self) -> tuple[int, Any]:
        raise Refusal(500, "no such column: owner_id")


def with_three_defects() -> Toy:
    """No list, no check of the owner, and no header field Request-Id where the document of the test asks for it."""
    app: Toy = create_app()
    app.call = Careless
    return app


class Clumsy(Call):
    """Fails at lists, each second time in another way."""

    lists = itertools.count()

    def list_notes(self) -> tuple[int, Any]:
        if next(self.lists) % 2:
            raise Refusal(500, "the buffer is full")
        raise Refusal(500, "no such column: owner_id")


def with_two_crashes() -> Toy:
    app: Toy = create_app()
    app.call = Clumsy
    return app
