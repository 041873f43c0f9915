"""This machine by its names: IPv4 and IPv6 loopback, and localhost, which may be either."""

import socket
from typing import Any

import pytest

from bookplate.wire.addresses import has_many_addresses
from bookplate.wire.client import Client
from bookplate.wire.raw_socket import send_bytes
from bookplate.wire.transport import MOST_ADDRESSES
from tests.fakes.wire_server import answered, serving

OK = answered(b"ok")
RESOLVE = socket.getaddrinfo


def resolve_both(host: Any, port: Any, family: int = 0, type: int = 0, *rest: Any, **named: Any) -> Any:
    """Resolve localhost to ::1 and then to 127.0.0.1, as most machines do."""
    if host != "localhost":
        return RESOLVE(host, port, family, type, *rest, **named)
    kinds = {socket.AF_INET6: ("::1", port, 0, 0), socket.AF_INET: ("127.0.0.1", port)}
    wanted = [family] if family else list(kinds)
    return [(kind, socket.SOCK_STREAM, 6, "", kinds[socket.AddressFamily(kind)]) for kind in wanted]


@pytest.fixture(autouse=True)
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve_both)


def as_localhost(url: str) -> str:
    return f"http://localhost:{url.rpartition(':')[2]}"


def status_from(url: str, address: str) -> tuple[int, str]:
    """Return the status of an answer, and the address that the request says it came from."""
    client = Client(url, lambda exchange, operation: None, 0)
    try:
        exchange = client.send("GET", "/", [], address=address)
    finally:
        client.close()
    return exchange.status, exchange.address


def test_a_server_on_ipv6_alone_is_reached_by_its_address() -> None:
    with serving(OK, host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert status_from(url, "127.77.0.9") == (200, "")


def test_a_server_on_ipv6_alone_is_reached_as_localhost() -> None:
    with serving(OK, host="::1") as url:
        assert status_from(as_localhost(url), "127.77.0.9") == (200, "")


def test_a_server_on_ipv4_alone_is_reached_as_localhost_from_any_address() -> None:
    with serving(OK) as url:
        assert status_from(as_localhost(url), "127.77.0.9") == (200, "127.77.0.9")


def test_bytes_are_sent_to_ipv6_too() -> None:
    with serving(OK, host="::1") as url:
        answer = send_bytes(f"{url}/", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert (answer.status, answer.is_closed) == (200, True)


@pytest.mark.parametrize("url", ["http://[::1]:8000", "http://service.example:8000", "http://10.0.0.1"])
def test_only_ipv4_loopback_has_many_addresses(url: str) -> None:
    assert not has_many_addresses(url)


def test_thousands_of_addresses_keep_few_connections_open() -> None:
    """Each user of a run may have an address, and a service has an end to the connections that it takes."""
    with serving(OK) as url:
        client = Client(as_localhost(url), lambda exchange, operation: None, 0)
        try:
            sent = {client.send("GET", "/", [], address=f"127.77.{number}.9").address for number in range(200)}
            kept = len(client._transport.pools)
        finally:
            client.close()

    assert (len(sent), kept) == (200, MOST_ADDRESSES)
