"""The sockets that the service listens on."""

import errno
import socket
import sys


class ListeningError(Exception):
    """HOST and PORT cannot be listened on; the message is one line that says what to mend."""


def bind(host: str, port: int, prefix: str = "") -> list[socket.socket]:
    """
    Return a socket for each address of a host, not listening yet: nobody connects before the service has started.

    The settings are HOST and PORT, or others that begin with a prefix.

    Raises ListeningError where one is in use, is not of this machine, or may not be had.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # The same address may be found twice.
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            sockets.append(_bind(family, address))
    except OSError as error:
        for each in sockets:
            each.close()
        raise refusal(host, port, error, prefix) from None
    return sockets


def bind_and_listen(host: str, port: int, prefix: str) -> list[socket.socket]:
    """
    Return a socket for each address of a host, which others can connect to from now on.

    Raises ListeningError.
    """
    sockets = bind(host, port, prefix)
    try:
        for each in sockets:
            each.listen()
    except OSError as error:
        for each in sockets:
            each.close()
        raise refusal(host, port, error, prefix) from None
    return sockets


def refusal(host: str, port: int, error: OSError, prefix: str = "") -> ListeningError:
    """Say why HOST and PORT cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return ListeningError(
            f"{prefix}PORT {port} of {prefix}HOST {host} is in use: end what listens there, or set another {prefix}PORT"
        )
    return ListeningError(
        f"{prefix}HOST {host} and {prefix}PORT {port} cannot be listened on: {error.strerror}: set others"
    )


def _bind(family: int, address: tuple[object, ...]) -> socket.socket:
    each = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            # Connections of a server that has just ended keep nobody from the address.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv4 has a socket of its own.
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        each.bind(address)
    except OSError:
        each.close()
        raise
    return each
