"""Todos, written against ASGI alone: nobody signs in, lists are bare arrays with offsets, errors are a word."""

import json
import re
import uuid
from typing import Any
from urllib.parse import parse_qsl

Answer = tuple[int, Any, dict[str, str]]


class Todos:
    """The whole API in one ASGI application."""

    def __init__(self) -> None:
        self.todos: dict[str, dict[str, Any]] = {}
        self.numbers = iter(range(1, 10**9))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer, headers = self.answer(scope, body)
        content = b"" if answer is None else json.dumps(answer).encode()
        headers |= {"content-type": "application/json"} if content else {}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def answer(self, scope: Any, body: bytes) -> Answer:
        method = scope["method"].replace("HEAD", "GET")
        if scope["path"] == "/todos":
            known = {"GET": lambda: self.listed(scope["query_string"]), "POST": lambda: self.added(body)}
        elif found := re.fullmatch("/todos/([^/]+)", scope["path"]):
            if found[1] not in self.todos and method in ("GET", "PUT", "DELETE"):
                return 404, {"error": "nothing"}, {}
            known = {
                "GET": lambda: (200, self.todos[found[1]], {}),
                "PUT": lambda: self.changed(found[1], body),
                "DELETE": lambda: (204, self.todos.pop(found[1]) and None, {}),
            }
        else:
            return 404, {"error": "nothing"}, {}
        return known[method]() if method in known else (405, {"error": "method"}, {"allow": ", ".join(known)})

    def listed(self, query: bytes) -> Answer:
        asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        limit, offset = asked.get("limit", "10"), asked.get("offset", "0")
        if not re.fullmatch("[1-9]|[1-4][0-9]|50", limit) or not re.fullmatch("[0-9]{1,5}", offset):
            return 400, {"error": "query"}, {}
        return 200, list(self.todos.values())[int(offset) :][: int(limit)], {}

    def added(self, body: bytes) -> Answer:
        if (text := taken(body)) is None:
            return 400, {"error": "content"}, {}
        made = {"id": str(uuid.uuid4()), "number": next(self.numbers), "text": text}
        self.todos[str(made["id"])] = made
        return 201, made, {}

    def changed(self, todo: str, body: bytes) -> Answer:
        if (text := taken(body)) is None:
            return 400, {"error": "content"}, {}
        self.todos[todo] |= {"text": text}
        return 200, self.todos[todo], {}


def taken(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    text = value["text"] if isinstance(value, dict) and set(value) == {"text"} else None
    return text if isinstance(text, str) and 1 <= len(text) <= 200 else None


create_app = Todos
