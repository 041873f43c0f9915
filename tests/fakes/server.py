"""The server of the standard library, for fakes in this process."""

import sys
from http.server import ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Serves each request in a thread; says nothing of a client that has closed its connection, which is its right."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong in a handler; the output of a test holds what the suite says, and nothing of its servers."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
