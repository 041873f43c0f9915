"""What faults are made of: a request and its answer that a fault may bend, around an honest application."""

import json
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import parse_qsl, urlencode


class Request:
    """A request on its way in; `memory` lasts as long as the fault does."""

    def __init__(self, scope: dict[str, Any], body: bytes, memory: dict[str, Any]) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.client: str = scope["client"][0]
        self.body = body
        self.memory = memory
        self.again: Callable[..., Any]

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def scope(self, template: dict[str, Any]) -> dict[str, Any]:
        headers = self.headers | ({"content-length": str(len(self.body))} if self.body else {})
        return template | {
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": urlencode(self.query).encode(),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }


class Answer:
    """An answer on its way out."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def rewrite(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    def become(self, status: int, value: Any = None, **members: Any) -> None:
        """Take another status, and a body of one's own or the old one with other members."""
        self.status = status
        self.rewrite(value if value is not None else {**(self.json() or {}), "status": status, **members})

    def same_as(self, other: "Answer") -> bool:
        return (self.status, self.headers, self.body) == (other.status, other.headers, other.body)


Fault = Callable[[Request], Generator[None, Answer, None]]


class Faulty:
    """
    An ASGI application around an honest one, with at most one fault at a time.

    A fault is a generator function: up to its `yield` it may bend the request, the yield gives it
    the answer to bend. `changed` counts the exchanges it made a difference to.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.fault: Fault | None = None
        self.memory: dict[str, Any] = {}
        self.changed = 0

    def put_in(self, fault: Fault | None) -> None:
        self.fault, self.memory, self.changed = fault, {}, 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or self.fault is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, await content(receive), self.memory)
        sent = (request.scope(scope), request.body)
        steps = self.fault(request)
        next(steps)
        bent = (request.scope(scope), request.body)
        answer = await ask(self.app, *bent)
        honest = Answer(answer.status, dict(answer.headers), answer.body)
        try:
            steps.send(answer)
        except StopIteration:
            self.changed += bent != sent or not answer.same_as(honest)
        await give(send, answer, scope["method"])


async def content(receive: Any) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def ask(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    """Return what an application answers to a request."""
    answer = Answer(500, {}, b"")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in message["headers"]}
        answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def give(send: Any, answer: Answer, method: str) -> None:
    if "content-length" in answer.headers and method != "HEAD":
        answer.headers["content-length"] = str(len(answer.body))
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
