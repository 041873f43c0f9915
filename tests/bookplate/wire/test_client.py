"""The sender tells a server that hangs up, or has ended, from one that only closes behind its own 500."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from bookplate.contract.document import Document
from bookplate.laws.observer import Observer
from bookplate.target.instance import free_port
from bookplate.wire.client import Client, same_host
from bookplate.wire.compare import race
from bookplate.wire.connection import Admission, Connection
from bookplate.wire.outages import AT_AN_OPERATION, AT_THE_TARGET, FEWEST, LATE
from bookplate.wire.outcomes import NotChecked, Violation
from tests.fakes import FOLDER
from tests.fakes.server import Server

ClientAt = Callable[..., Client]
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


@pytest.fixture(name="client_at")
def _client_at() -> Iterator[ClientAt]:
    """Makes clients, and closes them at the end: a server may not have closed its side by then."""
    with ExitStack() as opened:

        def client_at(url: str, **options: Any) -> Client:
            look = Observer(Document.load(FOLDER / "toy.yaml"), []).look
            client = Client(url, look, **{"patience": 0, "admission": Admission(Connection(timeout=2)), **options})
            opened.callback(client.close)
            return client

        yield client_at


def served_by(listener: socket.socket, *statuses: int) -> str:
    """Let a server answer that hangs up after the first of these statuses, and return its address."""
    threading.Thread(target=hangs_up_after, args=(listener, *statuses), daemon=True).start()
    return address_of(listener)


def address_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_connection_closed_behind_a_500_is_opened_anew(listener: socket.socket, client_at: ClientAt) -> None:
    client = client_at(served_by(listener, 500, 201))

    assert [client.send("POST", "/", [], CONTENT).status for _ in "12"] == [500, 201]


def test_a_server_that_hangs_up_is_told(listener: socket.socket, client_at: ClientAt) -> None:
    client = client_at(served_by(listener, 200))
    client.send("POST", "/", [], CONTENT)

    with pytest.raises(Violation, match="got no answer"):
        client.send("POST", "/", [], CONTENT)


# ── Fields that an operation requires ─────────────────────────────────────────────────────────────────────────────────
def test_the_required_fields_of_an_operation_go_with_each_of_its_requests(
    listener: socket.socket, client_at: ClientAt
) -> None:
    heads: list[bytes] = []
    threading.Thread(target=keep_heads, args=(listener, heads, 3), daemon=True).start()
    operation = Document.load(FOLDER / "toy.yaml").operation("list_notes")
    client = client_at(address_of(listener), required_fields=lambda _: {"X-Shop": "north"})

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


def test_nothing_is_sent_to_a_target_that_has_ended(client_at: ClientAt) -> None:
    client = client_at(f"http://127.0.0.1:{free_port()}")

    for _ in "12":
        with pytest.raises(NotChecked, match="the target no longer answers, since GET /first"):
            client.send("GET", "/first", [])


class Recording(BaseHTTPRequestHandler):
    """Answers each request with the status of the server, and notes its target."""

    def do_GET(self) -> None:
        self.server.targets.append(self.path)  # type: ignore[attr-defined]  # the list that the fixture gave the server
        self.send_response(self.server.status)  # type: ignore[attr-defined]  # likewise
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recording() -> Iterator[Server]:
    """A server that notes what it is asked for."""
    with Server(("127.0.0.1", 0), Recording) as server:
        server.targets, server.status = [], 200  # type: ignore[attr-defined]  # read by the handler
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_each_connection_of_requests_at_once_is_closed(
    recording: Server, client_at: ClientAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first requests from an address may be sent at once: one pool is opened for all of them, however long it takes."""
    opened: list[httpx.Client] = []

    class SlowlyOpened(httpx.Client):
        def __init__(self, **options: Any) -> None:
            opened.append(self)
            time.sleep(0.05)
            super().__init__(**options)

    monkeypatch.setattr(httpx, "Client", SlowlyOpened)
    client = client_at(url_of(recording))

    race([partial(client.send, "GET", "/", [], address="127.0.0.9") for _ in range(4)])
    client.close()

    assert [each.is_closed for each in opened] == [True]


def test_a_link_is_followed_where_it_leads_not_below_the_base_path(recording: Server, client_at: ClientAt) -> None:
    client = client_at(f"{url_of(recording)}/v1")

    for link in (f"{url_of(recording)}/items/1?a=b", "http://elsewhere.example/v1/items/1"):
        client.follow(link, {})

    assert recording.targets == ["/items/1?a=b", "/v1/items/1"]  # type: ignore[attr-defined]  # see the fixture


def test_an_operation_that_fails_for_too_long_is_not_called_any_more(recording: Server, client_at: ClientAt) -> None:
    recording.status = 503  # type: ignore[attr-defined]  # see the fixture
    document = Document.load(FOLDER / "toy.yaml")
    listing, reading = document.operation("list_notes"), document.operation("get_note")
    client = client_at(url_of(recording))
    for number in range(1, FEWEST + 1):
        client.note_outage(listing.id, 503, AT_AN_OPERATION, number * AT_AN_OPERATION)
    client.gone = ""  # the target as a whole is another matter

    with pytest.raises(NotChecked, match=r"list_notes is not called any more: .* 5 times 503, and no success: look at"):
        client.call(listing)
    client.call(reading, arguments={"note_id": 1})

    assert len(recording.targets) == 1  # type: ignore[attr-defined]  # see the fixture


def test_nothing_is_sent_to_a_target_where_all_has_failed_for_too_long(recording: Server, client_at: ClientAt) -> None:
    client = client_at(url_of(recording))
    for number in range(1, FEWEST + 1):
        client.note_outage("", 503, AT_THE_TARGET, number * AT_THE_TARGET)

    with pytest.raises(NotChecked, match="the target does not work: in 600 s of waiting it gave 5 times 503"):
        client.send("GET", "/", [])

    assert recording.targets == []  # type: ignore[attr-defined]  # see the fixture


def test_an_answer_that_does_not_come_in_time_is_counted(listener: socket.socket, client_at: ClientAt) -> None:
    operation = Document.load(FOLDER / "toy.yaml").operation("list_notes")
    client = client_at(address_of(listener), timeout=0.1)  # it listens, and takes nothing

    with pytest.raises(NotChecked, match="got no answer within"):
        client.call(operation)

    assert client.outages.at["list_notes"].ends == {LATE: 1}


def test_a_limit_that_never_ends_is_waited_for_once(recording: Server, client_at: ClientAt) -> None:
    recording.status = 429  # type: ignore[attr-defined]  # see the fixture
    client = client_at(url_of(recording), patience=60)

    for _ in "12":
        with pytest.raises(NotChecked, match="still answers 429"):
            client.send("GET", "/", [])

    assert len(recording.targets) == 6  # type: ignore[attr-defined]  # see the fixture


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("http://127.0.0.1:8000/a", "http://localhost:8000/b", True),
        ("http://[::1]:8000", "http://localhost:8000", True),
        ("http://api.example", "http://api.example:80/v1", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001", False),
        ("http://127.0.0.1", "https://127.0.0.1", False),
        ("http://api.example", "http://inside.example", False),
    ],
)
def test_a_server_is_its_scheme_host_and_port(one: str, other: str, is_same: bool) -> None:
    assert same_host(one, other) is is_same


def test_content_goes_in_chunks_where_a_field_says_so(listener: socket.socket, client_at: ClientAt) -> None:
    received: list[bytes] = []

    def answer_once() -> None:
        connection, _ = listener.accept()
        with connection:
            while not b"".join(received).endswith(b"0\r\n\r\n"):
                received.append(connection.recv(65536))
            connection.sendall(ANSWER % 200)

    server = threading.Thread(target=answer_once, daemon=True)
    server.start()
    client = client_at(address_of(listener))
    answer = client.send("POST", "/", [("Transfer-Encoding", "chunked"), ("Connection", "close")], b"halves")
    server.join(timeout=20)

    head, _, content = b"".join(received).partition(b"\r\n\r\n")
    assert answer.status == 200
    assert content == b"3\r\nhal\r\n3\r\nves\r\n0\r\n\r\n"
    assert b"content-length" not in head.lower()
