"""What the servers of fakes write to the output of a test."""

import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from tests.fakes.server import Server


class Handler(BaseHTTPRequestHandler):
    """Answers after its client has gone, or fails itself."""

    def do_GET(self) -> None:
        if self.path == "/broken":
            raise LookupError("a mistake of the fake")
        while not self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.wfile.write(b"x" * 65536)
        raise ConnectionResetError

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


class Joined(Server):
    """Ends when all of its threads have ended, so that nothing is written later."""

    daemon_threads = False


@pytest.fixture
def server() -> Iterator[Server]:
    with Joined(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def send(server: Server, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.server_port))
    client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    return client


def test_a_client_that_goes_away_is_no_mistake_of_a_fake(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    client = send(server, "/slow")
    client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    server.server_close()

    assert capsys.readouterr().err == ""


def test_a_mistake_of_a_fake_is_shown(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with send(server, "/broken") as client:
        client.recv(1)
    server.server_close()

    assert "a mistake of the fake" in capsys.readouterr().err
