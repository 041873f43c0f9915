"""The port on which Prometheus asks for the figures: a small server of its own, in threads of its own."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.exposition import MetricsHandler

from .exposition import make_registry
from .snapshot import Snapshot

PATH = "/metrics"
# A client that sends nothing keeps its thread no longer than this.
SILENCE = 10
log = logging.getLogger(__name__)


class MetricsPort:
    """Sockets that listen already, and what is answered there once there is something to say."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets

    def serve(self, read: Callable[[], Snapshot]) -> None:
        """Answer from now on, until the process ends; who has asked before has waited."""
        registry = make_registry(read)

        class Handler(_Handler):
            pass

        Handler.registry = registry
        for each in self._sockets:
            server = _Server(each, Handler)
            threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        log.info("Metrics are at %s of METRICS_PORT %d", PATH, self._sockets[0].getsockname()[1])


class _Handler(MetricsHandler):
    """Answers GET of one path."""

    timeout = SILENCE
    # What HTTP would else say of the program.
    server_version, sys_version = "bookplate", ""

    def do_GET(self) -> None:
        if urlsplit(self.path).path == PATH:
            super().do_GET()
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: Prometheus asks every few seconds."""


class _Server(ThreadingHTTPServer):
    """A server on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, handler: type[_Handler]) -> None:
        super().__init__(("", 0), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what is wrong here; a client that has gone is nothing."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("The metrics cannot be shown")
