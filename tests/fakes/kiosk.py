"""A small service in this process that remembers each request, so that a test knows exactly what was sent."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.fakes.server import Server

STAMP = {
    "type": "object",
    "required": ["id", "motif"],
    "properties": {"id": {"type": "integer"}, "motif": {"type": "string"}},
}
NEW_STAMP = {"type": "object", "required": ["motif"], "properties": {"motif": {"type": "string", "minLength": 1}}}
PROBLEM = {"description": "refused", "content": {"application/json": {"schema": {"type": "object"}}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Stamps", "version": "1.0.0"},
    "paths": {
        "/stamps": {
            "get": {
                "operationId": "list_stamps",
                "tags": ["stamps"],
                "responses": {
                    "200": {
                        "description": "all",
                        "content": {"application/json": {"schema": {"type": "array", "items": STAMP}}},
                    }
                },
            },
            "post": {
                "operationId": "create_stamp",
                "tags": ["stamps"],
                "requestBody": {"required": True, "content": {"application/json": {"schema": NEW_STAMP}}},
                "responses": {
                    "201": {"description": "made", "content": {"application/json": {"schema": STAMP}}},
                    "4XX": PROBLEM,
                },
            },
        },
        "/stamps/{stamp_id}": {
            "parameters": [{"name": "stamp_id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "get_stamp",
                "tags": ["stamps"],
                "responses": {
                    "200": {"description": "one", "content": {"application/json": {"schema": STAMP}}},
                    "4XX": PROBLEM,
                },
            },
            "delete": {
                "operationId": "delete_stamp",
                "tags": ["stamps"],
                "responses": {"204": {"description": "gone"}, "4XX": PROBLEM},
            },
        },
    },
}


class Kiosk:
    """Stamps at `url`; `pages` are answered beside them, `sent` are the methods and paths of all requests."""

    def __init__(self, url: str, pages: Mapping[str, Any]) -> None:
        self.url = url
        self.pages = pages
        self.sent: list[tuple[str, str]] = []
        self.stamps: dict[int, dict[str, Any]] = {1: {"id": 1, "motif": "a bridge"}}

    @property
    def methods(self) -> set[str]:
        return {method for method, _ in self.sent}

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.sent]

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and content of an answer; no content where that is None."""
        self.sent.append((method, path))
        bare = path.partition("?")[0]
        if bare in self.pages:
            page = self.pages[bare]
            return (200, page, {}) if isinstance(page, dict) and "link" in page else (200, {}, page)
        if bare == "/stamps":
            return self.of_list(method, body)
        number = bare.removeprefix("/stamps/")
        known = self.stamps.get(int(number)) if bare.startswith("/stamps/") and number.isdecimal() else None
        if known is None:
            return 404, {}, {"detail": "there is nothing"}
        if method == "GET":
            return 200, {}, known
        if method == "DELETE":
            del self.stamps[known["id"]]
            return 204, {}, None
        return 405, {"allow": "GET, DELETE"}, {"detail": "wrong method"}

    def of_list(self, method: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        if method == "GET":
            return 200, {}, list(self.stamps.values())
        if method != "POST":
            return 405, {"allow": "GET, POST"}, {"detail": "wrong method"}
        try:
            motif = json.loads(body)["motif"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return 400, {}, {"detail": "no motif"}
        if not (isinstance(motif, str) and motif):
            return 422, {}, {"detail": "no motif"}
        number = max(self.stamps, default=0) + 1
        self.stamps[number] = {"id": number, "motif": motif}
        return 201, {}, self.stamps[number]


class KioskServer(Server):
    """A server that knows the kiosk that answers its requests."""

    kiosk: Kiosk


@contextmanager
def kiosk(pages: Mapping[str, Any] | None = None) -> Iterator[Kiosk]:
    """
    Serve stamps on a free port of this machine as long as this block lasts.

    `pages` has what is answered at other paths: an object as JSON, a text as it is, and headers where it names `link`.
    """
    server = KioskServer(("127.0.0.1", 0), Handler)
    server.kiosk = Kiosk(f"http://127.0.0.1:{server.server_port}", {} if pages is None else pages)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.kiosk
    finally:
        server.shutdown()
        server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands each request to the kiosk, whatever its method is."""

    protocol_version = "HTTP/1.1"
    server_version = "kiosk"
    server: KioskServer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, content = self.server.kiosk.answer(self.command, self.path, body)
        text = content if isinstance(content, str) else json.dumps(content)
        sent = b"" if content is None or self.command == "HEAD" else text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if content is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        """Say nothing: requests stand in the kiosk's list."""
