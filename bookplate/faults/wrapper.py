"""An application with a fault: an ASGI wrapper that bends requests and answers."""

from email.utils import formatdate
from pathlib import Path
from typing import Any

from ..laws.catalogue import laws_of_file, module_of
from .kit import Answer, Request, SteppedFault, in_steps


class Faulty:
    """
    An ASGI application around an honest one, with at most one fault at a time.

    A fault is a generator function: up to its `yield` it may bend the request, the yield gives it
    the answer to bend. Which one is in stands in the file `order` as `NUMBER path::function`; that it made a
    difference to an exchange is noted in the file beside it that ends in `.changed`.
    """

    def __init__(self, app: Any, order: Path) -> None:
        self.app = app
        self.order = order
        self.read = ""
        self.fault: SteppedFault | None = None
        self.memory: dict[Any, Any] = {}

    def obey(self) -> SteppedFault | None:
        """Return the fault that is ordered; a new order starts with an empty memory."""
        ordered = self.order.read_text(encoding="utf-8") if self.order.exists() else ""
        if ordered != self.read:
            path, _, name = ordered.partition(" ")[2].partition("::")
            self.fault = stepped(Path(path), name) if name else None
            self.read, self.memory = ordered, {}
        return self.fault

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        fault = self.obey() if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, dated(send))
            return
        request = Request(scope, await content(receive), self.memory)
        sent = (request.scope(scope), request.body)
        steps = fault(request)
        next(steps)
        bent = (request.scope(scope), request.body)
        answer = await ask(self.app, *bent)
        honest = answer.copy()
        try:
            steps.send(answer)
        except StopIteration:
            if bent != sent or answer != honest:
                self.order.with_suffix(".changed").touch()
        await give(send, answer, scope["method"])


def stepped(path: Path, name: str) -> SteppedFault:
    """Return the fault of this name in a file: one of a law that stands there, or a function that is a fault by itself."""
    faults = (fault for law in laws_of_file(path) for fault in law.faults if fault.name == name)
    fault = next(faults, None)
    if fault is None:
        return in_steps(getattr(module_of(path), name))
    return in_steps(fault.function, fault.statuses)


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

    await app(scope, receive, dated(send))
    return answer


def dated(send: Any) -> Any:
    """Return a `send` that gives an answer its Date, which is otherwise a matter of the server in front."""

    async def send_with_date(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and b"date" not in dict(message["headers"]):
            message = message | {"headers": [(b"date", formatdate(usegmt=True).encode()), *message["headers"]]}
        await send(message)

    return send_with_date


async def give(send: Any, answer: Answer, method: str) -> None:
    if "content-length" in answer.headers and method != "HEAD":
        answer.headers["content-length"] = str(len(answer.body))
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
