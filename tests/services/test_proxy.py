"""The proxy of the faults passes requests on, is late, loses answers and cuts connections."""

import socket
import threading
from collections.abc import Iterator

import pytest

from .faults.proxy import HOST, Proxy, proxied


@pytest.fixture(name="echo")
def _echo() -> Iterator[tuple[int, list[bytes]]]:
    """A server that sends back what it gets; its port, and all that it got."""
    received: list[bytes] = []
    listener = socket.create_server((HOST, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while part := connection.recv(1024):
                    received.append(part)
                    connection.sendall(part)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1]), received
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def said(proxy: Proxy, text: bytes) -> bytes:
    """Send a text by a connection of its own, and return what comes back."""
    with socket.create_connection((HOST, proxy.port), timeout=20) as connection:
        connection.sendall(text)
        return connection.recv(1024)


def test_an_answer_comes_through(echo: tuple[int, list[bytes]]) -> None:
    with proxied(echo[0], delay=0.01) as proxy:
        assert said(proxy, b"hello") == b"hello"

    assert proxy.cut == 0


def test_a_request_arrives_whose_answer_is_lost(echo: tuple[int, list[bytes]]) -> None:
    with proxied(echo[0]) as proxy:
        proxy.loses_answers = True
        with pytest.raises(ConnectionResetError):
            said(proxy, b"hello")
        proxy.loses_answers = False
        assert said(proxy, b"again") == b"again"

    assert echo[1] == [b"hello", b"again"]
    assert proxy.cut == 1


def test_some_connections_are_cut_and_the_same_each_time(echo: tuple[int, list[bytes]]) -> None:
    cut = []
    for _ in range(2):
        with proxied(echo[0], one_in=3) as proxy:
            outcomes = []
            for _ in range(9):
                try:
                    outcomes.append(said(proxy, b"x") == b"x")
                except ConnectionResetError:
                    outcomes.append(False)
            cut.append(outcomes)

    assert cut[0] == cut[1]
    assert 0 < cut[0].count(False) < 9
