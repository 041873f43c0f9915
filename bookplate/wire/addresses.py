"""Where a URL leads: to which address of this machine, and whether it can be reached from several."""

import contextlib
import socket
import sys
from urllib.parse import urlsplit

USUAL_PORTS = {"http": 80, "https": 443}
# How many seconds a server on this machine may take to accept a connection.
ACCEPTED_WITHIN = 2.0


def has_many_addresses(url: str) -> bool:
    """
    Tell whether requests to a URL can come from addresses of their own: on Linux all of 127.0.0.0/8 is this machine.

    That is so towards IPv4 loopback alone. IPv6 has one loopback address, ::1. A name such as localhost may mean both: then
    it is so where a server accepts connections at the IPv4 one.
    """
    host = urlsplit(url).hostname or ""
    if sys.platform != "linux":
        return False
    if host.startswith("127."):
        return True
    return host == "localhost" and is_reached_by_ipv4(host, port_of(url))


def is_reached_by_ipv4(host: str, port: int) -> bool:
    """Tell whether a server accepts a connection at the IPv4 loopback address of a name."""
    with contextlib.suppress(OSError):
        for *_, address in socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM):
            number = str(address[0])
            if not number.startswith("127."):
                continue
            with contextlib.suppress(OSError), socket.create_connection((number, port), timeout=ACCEPTED_WITHIN):
                return True
    return False


def port_of(url: str) -> int:
    """Return the port of a URL: that of its scheme where it names none."""
    split = urlsplit(url)
    return split.port or USUAL_PORTS.get(split.scheme, 80)
