"""uvicorn's HTTP protocol with bounds of its own: of lines, of chunks, and an end of a connection in doubt."""

from http import HTTPStatus
from typing import Any

import h11
from h11._connection import DEFAULT_MAX_INCOMPLETE_EVENT_SIZE
from uvicorn.protocols.http.h11_impl import H11Protocol

from .receive_buffer import BoundedReceiveBuffer

# The parser takes some 10 microseconds a chunk, however small it is; the largest content has 65 bytes a chunk then.
MOST_CHUNKS = 1000
CAN_ANSWER = (h11.IDLE, h11.SEND_RESPONSE)


def largest_head(size_limits: dict[str, int]) -> int:
    """
    Return how many bytes a request line and its header section may have together.

    Twice what the contract takes: what is only somewhat too large is refused in the contract's own form.
    """
    return 2 * (size_limits["target"] + size_limits["headers"])


class BoundedConnection(h11.Connection):
    """A connection that refuses lines which are no lines of HTTP, too many of them, and content in too many chunks."""

    def __init__(self, max_incomplete_event_size: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size)
        self._receive_buffer = BoundedReceiveBuffer(max_incomplete_event_size)
        self._chunks = 0
        self.refusal = HTTPStatus.BAD_REQUEST

    def next_event(self) -> Any:
        """
        Return what came next.

        Raises h11.RemoteProtocolError for what is no HTTP, and for one chunk too many.
        """
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            # h11 has 501 for a transfer coding that it does not know, where the contract says 400 of what cannot be read.
            if error.error_status_hint in (HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE):
                self.refusal = HTTPStatus(error.error_status_hint)
            raise
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
        self.conn: BoundedConnection = BoundedConnection(DEFAULT_MAX_INCOMPLETE_EVENT_SIZE if most is None else most)

    @property
    def has_begun_request(self) -> bool:
        """Whether the client has begun to send another request."""
        return bool(self.conn.trailing_data[0])

    def send_400_response(self, msg: str) -> None:
        """Answer 400, 414 or 431 where no answer has begun, and close."""
        if self.conn.our_state in CAN_ANSWER:
            self._refuse(self.conn.refusal, msg)
        self.transport.close()
        if self.cycle is not None:
            # The application may still wait for content, and would answer into the closed connection.
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        content = (message if status == HTTPStatus.BAD_REQUEST else status.phrase).encode()
        fields = {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(content)),
            "connection": "close",
        }
        start = h11.Response(status_code=status, headers=list(fields.items()), reason=status.phrase)
        for event in (start, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def _should_upgrade(self) -> bool:
        """Serve the request as it is: an upgrade may be ignored (RFC 9110, section 7.8), and is no line in the log."""
        return False
