"""A proxy of TCP that is slow, cuts connections, or loses answers."""

import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
MOST_BYTES = 65536
# Close with a reset (SO_LINGER on, for no time), as a server that has gone does.
RESET = struct.pack("ii", 1, 0)


@dataclass
class Proxy:
    """
    Passes connections on to a port; `port` is its own.

    Each part of an answer comes `delay` seconds late. One connection of `one_in` is cut when its first answer comes; 0 cuts
    none. While `loses_answers` is set, every request is passed on, and its connection is cut in place of the answer.
    """

    to: int
    delay: float = 0.0
    one_in: int = 0
    loses_answers: bool = False
    cut: int = 0  # connections so far
    chance: random.Random = field(default_factory=lambda: random.Random(13))

    def __post_init__(self) -> None:
        self.listener = socket.create_server((HOST, 0), backlog=256)
        self.port = int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((HOST, self.to), timeout=10)
        except OSError:
            client.close()
            return
        for each in (client, server):
            each.settimeout(60)
        is_doomed = bool(self.one_in) and self.chance.randrange(self.one_in) == 0
        threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
        with suppress(OSError):
            while part := server.recv(MOST_BYTES):
                if is_doomed or self.loses_answers:
                    self._reset(client)
                    break
                time.sleep(self.delay)
                client.sendall(part)
        close(client, server)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while part := client.recv(MOST_BYTES):
                server.sendall(part)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _reset(self, client: socket.socket) -> None:
        self.cut += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it, which would keep it open


def close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.close()


@contextmanager
def proxied(to: int, delay: float = 0.0, one_in: int = 0) -> Iterator[Proxy]:
    """Run a proxy in front of a port."""
    proxy = Proxy(to, delay, one_in)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()
