"""
The HTTP protocol of the reference: httptools reads plain requests, h11 reads all others.

h11 is strict, and takes twice as long for a request as everything else that a cached answer needs. httptools takes next
to nothing, refuses methods that it does not know, and has no bound for lines, fields and chunks. So the bytes of a
request are looked at first. What is written in the one way in which clients write requests, leaves no doubt about where
it ends, and is no larger than h11 is given, both read alike: httptools gets it. With the first bytes that are anything
else, or that are not whole, the connection is h11's, from those bytes on and until it ends.
"""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .http_protocol import BoundedProtocol
from .receive_buffer import MOST_LINES

# A known method, a path and a query of the characters that may stand there, and fields of ASCII: each without a value, or
# with one that has no space at either end and one at most before it. What matches in two ways is one value at a time, so
# that it takes a time that grows with the bytes. Quantifiers that give nothing back would say the same more shortly, and
# early releases of Python 3.11 match them wrongly.
PLAIN = re.compile(
    rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) "
    rb"/(?!/)[A-Za-z0-9._~%!$&'()*+,;=:@/-]*(?:\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)? HTTP/1\.1\r\n"
    rb"(?:[A-Za-z0-9_-]+:(?: ?[!-~](?:[ -~]*[!-~])?)?\r\n)+"
    rb"\r\n"
)
# Who sends one of these may mean something that the two read differently, or wants more than an answer.
UNUSUAL = (b"\r\ntransfer-encoding:", b"\r\nexpect:", b"\r\nupgrade:", b"\r\ntrailer:", b"\r\nte:")
HOST, CONNECTION, KEPT = b"\r\nhost:", b"\r\nconnection:", b"\r\nconnection: keep-alive\r\n"
LENGTH = b"\r\ncontent-length:"
SHORT_LENGTH = re.compile(rb"\r\ncontent-length: ?([0-9]{1,5})\r\n")
# Larger content goes the way on which it may be refused before it is read.
MOST_CONTENT = 65_536


def plain_head(data: bytes, most: int) -> tuple[int, int] | None:
    """Return how long the head of a plain request is, and how long its content; None for anything else."""
    match = PLAIN.match(data)
    if match is None or match.end() > most:
        return None
    head = match.group().lower()
    if head.count(b"\r\n") > MOST_LINES:
        return None
    if any(field in head for field in UNUSUAL) or head.count(HOST) != 1 or head.count(CONNECTION) != head.count(KEPT):
        return None
    lengths = head.count(LENGTH)
    if lengths == 0:
        return match.end(), 0
    length = SHORT_LENGTH.search(head)
    if lengths > 1 or length is None or int(length[1]) > MOST_CONTENT:
        return None
    return match.end(), int(length[1])


class PlainProtocol(HttpToolsProtocol):
    """One connection, for as long as its requests are plain; one of them is answered at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = self.config.h11_max_incomplete_event_size or 0
        # What has come and was not read, since the request before it is still being answered.
        self._unread = b""
        # How much of the content of the present request is still to come.
        self._awaited = 0

    @property
    def has_begun_request(self) -> bool:
        """Whether the client has begun to send another request."""
        return bool(self._unread)

    def data_received(self, data: bytes) -> None:
        """Read what came, or have h11 read it."""
        if self._awaited:
            content, data = data[: self._awaited], data[self._awaited :]
            self._awaited -= len(content)
            super().data_received(content)
        self._unread += data
        self._read()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile."""
        super().on_response_complete()
        self._read()

    def _read(self) -> None:
        if not self._unread or self._awaited or self.transport.is_closing():
            return
        # None before the first request, which uvicorn's annotations do not say.
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            # Nobody may have us keep more than this of what is not served yet.
            self.flow.pause_reading()
            return
        plain = plain_head(self._unread, self._most)
        if plain is None:
            self._leave_to_h11()
            return
        head, content = plain
        request, self._unread = self._unread[: head + content], self._unread[head + content :]
        self._awaited = head + content - len(request)
        super().data_received(request)
        if self._unread:
            self._read()

    def _leave_to_h11(self) -> None:
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        protocol = BoundedProtocol(
            config=self.config, server_state=self.server_state, app_state=self.app_state, _loop=self.loop
        )
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        unread, self._unread = self._unread, b""
        protocol.data_received(unread)

    def _should_upgrade(self) -> bool:
        """Serve the request as it is, as the other protocol does."""
        return False
