"""The sender tells a server that hangs up from one that only closes behind its own 500."""

import socket
import threading
from collections.abc import Iterator

import pytest

from bookplate.contract.document import Document
from bookplate.laws.observer import Observer
from bookplate.wire.client import Client
from bookplate.wire.outcomes import Violation
from tests.fakes import FOLDER

CONTENT = b"{}"
ANSWER = b"HTTP/1.1 %d Told\r\nContent-Length: 0\r\n\r\n"


def hangs_up_after(listener: socket.socket, *statuses: int) -> None:
    """Answer a request, hang up on the next one, and answer one for each status left on connections of their own."""
    first, _ = listener.accept()
    read_request(first)
    first.sendall(ANSWER % statuses[0])
    read_request(first)
    first.close()
    for status in statuses[1:]:
        connection, _ = listener.accept()
        read_request(connection)
        connection.sendall(ANSWER % status)
        connection.close()


def read_request(connection: socket.socket) -> None:
    received = b""
    while not received.endswith(CONTENT):
        received += connection.recv(65536)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


def client_of(listener: socket.socket, *statuses: int) -> Client:
    threading.Thread(target=hangs_up_after, args=(listener, *statuses), daemon=True).start()
    document = Document.load(FOLDER / "toy.yaml")
    return Client(f"http://127.0.0.1:{listener.getsockname()[1]}", Observer(document, []).look, patience=0)


def test_a_connection_closed_behind_a_500_is_opened_anew(listener: socket.socket) -> None:
    client = client_of(listener, 500, 201)

    assert [client.send("POST", "/", [], CONTENT).status for _ in "12"] == [500, 201]


def test_a_server_that_hangs_up_is_told(listener: socket.socket) -> None:
    client = client_of(listener, 200)
    client.send("POST", "/", [], CONTENT)

    with pytest.raises(Violation, match="got no answer"):
        client.send("POST", "/", [], CONTENT)


# ── Fields that an operation requires ─────────────────────────────────────────────────────────────────────────────────
def test_the_required_fields_of_an_operation_go_with_each_of_its_requests(listener: socket.socket) -> None:
    heads: list[bytes] = []
    threading.Thread(target=keep_heads, args=(listener, heads, 3), daemon=True).start()
    document = Document.load(FOLDER / "toy.yaml")
    operation = document.operation("list_notes")
    client = Client(
        f"http://127.0.0.1:{listener.getsockname()[1]}",
        Observer(document, []).look,
        patience=0,
        required_fields=lambda _: {"X-Shop": "north"},
    )

    client.call(operation)
    client.call(operation, headers={"x-shop": "south"})
    client.send("GET", "/", [])

    assert [head.lower().count(b"x-shop: north") for head in heads] == [1, 0, 0]
    assert [head.lower().count(b"x-shop: south") for head in heads] == [0, 1, 0]


def keep_heads(listener: socket.socket, heads: list[bytes], count: int) -> None:
    """Answer so many requests without content, each on a connection of its own, and keep what was read."""
    for _ in range(count):
        connection, _ = listener.accept()
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        heads.append(received)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.close()
