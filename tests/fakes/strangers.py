"""Small services that nobody here set up: each lacks or does in another way what a run could wish for."""

import json
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, Any, dict[str, str]]
JSON = {"content-type": "application/json"}


class Stranger:
    """
    A service of widgets that are made, listed and read: the whole API in one ASGI application.

    `made` has the answer to a creation for a number, `shown` what a widget looks like.
    """

    base = ""

    def __init__(self) -> None:
        self.widgets: dict[str, dict[str, Any]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer, headers = self.answer(scope["method"], scope["path"], body)
        content = b"" if answer is None else json.dumps(answer).encode()
        pairs = [
            (name.encode(), value.encode()) for name, value in ({**JSON, **headers} if content else headers).items()
        ]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        if not path.startswith(self.base):
            return 404, {"error": "nothing is there"}, {}
        path = path.removeprefix(self.base)
        method = method.replace("HEAD", "GET")
        found = re.fullmatch("/widgets/([^/]+)", path)
        if path == "/widgets":
            return self.of_list(method, body)
        if found is None or found[1] not in self.widgets:
            return 404, {"error": "nothing is there"}, {}
        if method != "GET":
            return 405, {"error": "method"}, {"allow": "GET"}
        return 200, self.shown(self.widgets[found[1]]), {}

    def of_list(self, method: str, body: bytes) -> Answer:
        if method == "GET":
            return 200, [self.shown(widget) for widget in self.widgets.values()], {}
        if method != "POST":
            return 405, {"error": "method"}, {"allow": "GET, POST"}
        name = name_in(body)
        return (400, {"error": "a name is a text"}, {}) if name is None else self.make(name)

    def make(self, name: str) -> Answer:
        key = f"w{len(self.widgets) + 1}"
        self.widgets[key] = {"id": key, "name": name}
        return self.made(key)

    def made(self, key: str) -> Answer:
        return 201, self.shown(self.widgets[key]), {"location": f"{self.base}/widgets/{key}"}

    def shown(self, widget: dict[str, Any]) -> Any:
        return widget


def name_in(body: bytes) -> str | None:
    """Return the name that content gives; None where it gives none, or something else beside it."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    name = content.get("name") if isinstance(content, dict) and set(content) == {"name"} else None
    return name if isinstance(name, str) and name else None


class Refusing(Stranger):
    """Makes nothing: each creation is refused, with a reason."""

    def make(self, name: str) -> Answer:
        return 403, {"error": "the warehouse is closed"}, {}


class Wrapping(Stranger):
    """Puts each widget into an object of its own, and calls its key widgetId."""

    def shown(self, widget: dict[str, Any]) -> Any:
        return {"widget": {"widgetId": widget["id"], "name": widget["name"]}}

    def made(self, key: str) -> Answer:
        return 200, self.shown(self.widgets[key]), {}


class Forgetting(Wrapping):
    """Answers creations with another name than it was given, and reads with the right one."""

    def made(self, key: str) -> Answer:
        return 200, {"widget": {"widgetId": key, "name": "another"}}, {}


class Silent(Stranger):
    """Answers a creation with 204, and says in its Location alone what was made."""

    def made(self, key: str) -> Answer:
        return 204, None, {"location": f"{self.base}/widgets/{key}"}


class Misleading(Stranger):
    """Lives below /v1, and leaves that out of its Location."""

    base = "/v1"

    def made(self, key: str) -> Answer:
        return 201, self.shown(self.widgets[key]), {"location": f"/widgets/{key}"}


class Elsewhere(Stranger):
    """Sends who has made something to another host."""

    def made(self, key: str) -> Answer:
        return 201, self.shown(self.widgets[key]), {"location": f"http://inside.example/widgets/{key}"}


class Mortal(Stranger):
    """Ends when it has made a few widgets."""

    def make(self, name: str) -> Answer:
        if len(self.widgets) == 3:
            os._exit(7)
        return super().make(name)


class Nowhere(Stranger):
    """Knows nothing: each request is answered 404."""

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        return 404, {"error": f"{urlsplit(path).path} is not there"}, {}


class Agreeing(Stranger):
    """Answers 200 and an empty object to everything."""

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        return 200, {}, {}


class Crashing(Stranger):
    """Answers 500 to everything."""

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        return 500, {"error": "it crashed"}, {}


KINDS: dict[str, Callable[[], Stranger]] = {
    each.__name__.lower(): each
    for each in (
        Stranger,
        Refusing,
        Wrapping,
        Forgetting,
        Silent,
        Misleading,
        Elsewhere,
        Mortal,
        Nowhere,
        Agreeing,
        Crashing,
    )
}


def create_app() -> Stranger:
    """Return the service whose kind the environment names."""
    return KINDS[os.environ["STRANGER"]]()
