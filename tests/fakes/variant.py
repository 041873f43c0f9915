"""Conformant variants of the reference: it answers as ever, in other forms that standards and its document leave open."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bookplate.faults.kit import in_steps
from bookplate.faults.wrapper import content

Pair = tuple[str, str]


class Asked:
    """A request on its way in; `memory` lasts as long as the server."""

    def __init__(self, scope: dict[str, Any], body: bytes, memory: dict[str, Any]) -> None:
        self.scope, self.method, self.body, self.memory = scope, scope["method"], body, memory
        self.path, self.query = scope["path"], scope["query_string"].decode("latin-1")
        self.headers: list[Pair] = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def bend_tags(self, change: Callable[[str], str]) -> None:
        """Take entity tags back into the form in which the reference gave them."""
        self.headers = [(n, change(v) if n in ("if-match", "if-none-match") else v) for n, v in self.headers]

    def passed_on(self) -> dict[str, Any]:
        moved = {} if self.path == self.scope["path"] else {"path": self.path, "raw_path": self.path.encode()}
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        return self.scope | moved | {"query_string": self.query.encode("latin-1"), "headers": pairs}


class Answer:
    """An answer on its way out, with as many lines of a header as it has."""

    def __init__(self) -> None:
        self.status, self.body = 500, b""
        self.headers: list[Pair] = []

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def say(self, name: str, *lines: str) -> None:
        """Give a header these lines, in place of those that it had."""
        self.headers = [pair for pair in self.headers if pair[0] != name] + [(name, line) for line in lines]

    def change(self, name: str, change: Callable[[str], str]) -> None:
        self.headers = [(key, change(value) if key == name else value) for key, value in self.headers]

    def rewrite(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Let a function write a body that is a JSON object anew."""
        if self.body and "json" in self.header("content-type"):
            self.body = json.dumps(change(json.loads(self.body))).encode()


class Variant:
    """An application around an honest one: each habit sees the request, and its answer after the habits before it."""

    def __init__(self, app: Any, *habits: Callable[..., Any]) -> None:
        self.app, self.memory = app, dict[str, Any]()
        self.habits: list[Callable[[Any], Any]] = [in_steps(habit) for habit in habits]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Asked(scope, await content(receive), self.memory)
        steps = [habit(asked) for habit in self.habits]
        for step in reversed(steps):
            next(step)
        answer = await self.answered(asked)
        for step in steps:
            with suppress(StopIteration):
                step.send(answer)
        await self.give(asked, answer, send)

    async def answered(self, asked: Asked) -> Answer:
        answer = Answer()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in message["headers"]]
            answer.body += message.get("body", b"")

        await self.app(asked.passed_on(), receive, send)
        return answer

    async def give(self, asked: Asked, answer: Answer, send: Any) -> None:
        if answer.header("content-length"):
            answer.say("content-length", *([] if asked.method == "HEAD" else [str(len(answer.body))]))
        await asyncio.sleep(self.memory.get("pause", 0))
        written = self.memory.get("spelling", str.lower)
        pairs = [(written(name).encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        for part in (answer.body[:1], answer.body[1:]):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
