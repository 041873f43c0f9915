"""uvicorn's HTTP protocol with two bounds of its own: an end of chunks, and an end of a connection in doubt."""

from typing import Any

import h11
from h11._connection import DEFAULT_MAX_INCOMPLETE_EVENT_SIZE
from uvicorn.protocols.http.h11_impl import H11Protocol

# The parser takes some 10 microseconds a chunk, however small it is; the largest content has 65 bytes a chunk then.
MOST_CHUNKS = 1000
CAN_ANSWER = (h11.IDLE, h11.SEND_RESPONSE)


class CountingConnection(h11.Connection):
    """A connection that refuses content in too many chunks."""

    def __init__(self, max_incomplete_event_size: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size)
        self._chunks = 0

    def next_event(self) -> Any:
        """
        Return what came next.

        Raises h11.RemoteProtocolError for what is no HTTP, and for one chunk too many.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = 0
        elif isinstance(event, h11.Data) and event.chunk_start:
            self._chunks += 1
            if self._chunks > MOST_CHUNKS:
                raise h11.RemoteProtocolError(f"more than {MOST_CHUNKS} chunks")
        return event


class BoundedProtocol(H11Protocol):
    """After a framing error nothing of what follows is served, whatever was being answered (RFC 9112, section 6.3)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = self.config.h11_max_incomplete_event_size
        self.conn = CountingConnection(DEFAULT_MAX_INCOMPLETE_EVENT_SIZE if most is None else most)

    def send_400_response(self, msg: str) -> None:
        """Answer 400 where no answer has begun, and close."""
        if self.conn.our_state in CAN_ANSWER:
            super().send_400_response(msg)
        self.transport.close()
        if self.cycle is not None:
            # The application may still wait for content, and would answer into the closed connection.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
