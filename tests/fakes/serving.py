"""Small services in this process, each on a free port of this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from .server import Server


class Service(Protocol):
    """What answers requests: the status, the header fields, and content that is written as JSON, or None."""

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any], Any]: ...


class WideServer(Server):
    """A server to which many can connect at once."""

    request_queue_size = 128


@contextmanager
def opened(service: Service) -> Iterator[str]:
    """Serve as long as this block lasts, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and content in one packet, or each answer waits for an acknowledgement

        def reply(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status, fields, content = service.answer(self.command, self.path, headers, body)
            encoded = b"" if content is None else json.dumps(content).encode()
            usual = {} if content is None else {"Content-Type": "application/json"}
            length = {} if status in (204, 304) else {"Content-Length": len(encoded)}
            self.send_response(status)
            for name, value in {**usual, **fields, **length}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else encoded)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = reply

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = WideServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
