"""What a trusted proxy says of the client: its address, and the path prefix that it asked below."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ..addresses.prefixes import is_prefix
from ..representation.answer import Field
from ..request_context import RequestContext

MOST_HOPS = 20
LONGEST_ADDRESS = 80
PORT = re.compile(r"(?::[0-9]{1,5})?")


class TrustedProxies:
    """The proxies that operators name; what anybody else says of a client is not believed."""

    def __init__(self, networks: Iterable[str], root_path: str = "") -> None:
        self._networks = tuple(map(_network, networks))
        self._root_path = root_path

    def find_client(self, request: RequestContext) -> None:
        """Note where the client of a request is, and below which path it sees this service."""
        if not self._networks:
            request.address, request.prefix = _address_of(request.peer), self._root_path
            return
        request.address = self.client_address(request.peer, request.fields)
        request.prefix = self.prefix(request.peer, request.fields)

    def client_address(self, peer: str, fields: Iterable[Field]) -> str:
        """
        Return the address of the last peer that is no trusted proxy, in its one spelling.

        X-Forwarded-For is read from its end, hop by hop; what is no address ends the walk at the hop before.
        """
        address = parse_address(peer)
        if address is None or not self._networks:
            return address or peer
        for hop in reversed(_elements(fields, b"x-forwarded-for", MOST_HOPS)):
            if not self._trusts(address) or (before := parse_address(hop)) is None:
                break
            address = before
        return address

    def prefix(self, peer: str, fields: Iterable[Field]) -> str:
        """Return the path below which the client sees this service: what the proxy says, else what is set."""
        address = parse_address(peer)
        if address is not None and self._trusts(address):
            for said in reversed(_elements(fields, b"x-forwarded-prefix", 1)):
                if (prefix := said.rstrip("/")) == "" or is_prefix(prefix):
                    return prefix
        return self._root_path

    def _trusts(self, address: str) -> bool:
        parsed = ip_address(address)
        return any(parsed in network for network in self._networks)


def parse_address(text: str) -> str | None:
    """
    Return an address in its one spelling, without port, brackets, quotes and zone; None for what is none.

    An IPv4 address that is mapped into IPv6 is an IPv4 address (RFC 4291, section 2.5.5.2): sockets that serve both
    show it so.
    """
    text = text.strip(" \t")
    if len(text) > LONGEST_ADDRESS:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    host = _host(text)
    if host is None:
        return None
    try:
        parsed = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


@lru_cache(maxsize=10_000)
def _address_of(peer: str) -> str:
    return parse_address(peer) or peer


def _host(text: str) -> str | None:
    """Return the host of `host`, `host:port` or `[host]:port`; None where the brackets or the port are wrong."""
    host, rest = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host:
            return None
    elif text.count(":") == 1:
        host, colon, port = text.partition(":")
        rest = colon + port
    return host if PORT.fullmatch(rest) else None


def _elements(fields: Iterable[Field], field: bytes, most: int) -> list[str]:
    """Return the last elements of a list, at most so many; empty ones do not count (RFC 9110, section 5.6.1.2)."""
    whole = ",".join(value.decode("latin-1") for name, value in fields if name == field)
    last = whole.rsplit(",", most)[-most:]
    return [element.strip(" \t") for element in last if element.strip(" \t")]


def _network(text: str) -> IPv4Network | IPv6Network:
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        return IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    return network
