"""The bytes that a client sent and the HTTP parser has not read: looked at before the parser's patterns are."""

from h11 import LocalProtocolError
from h11._receivebuffer import ReceiveBuffer

# None of them stands in a request line, a field or a chunk extension (RFC 9110, section 5.5). A tab may.
CONTROLS = bytes([*range(9), *range(10, 32), 127])
# The smallest field of all takes 4 bytes on the wire and 5 in the contract, which has room for fewer of them.
MOST_LINES = 4000
LONGEST_CHUNK_LINE = 256


class BoundedReceiveBuffer(ReceiveBuffer):
    """
    A buffer that gives out lines only if the parser can read them in a time that grows with their length.

    h11's patterns for a field and for the line before a chunk try each way to divide a run of spaces, if a control
    character behind the run is what makes them fail. Without control characters they fail at once or not at all.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """
        Return the lines up to an empty one: those of a header section, with its request line, or of trailers.

        Raises LocalProtocolError, which h11 turns round, with the status that suits.
        """
        before = len(self)
        lines = super().maybe_extract_lines()
        size = before if lines is None else before - len(self)
        if size > self._most:
            first_line = lines[0] if lines else self._data.partition(b"\n")[0]
            raise _too_large(414 if len(first_line) > self._most // 2 else 431)
        if lines and len(lines) > MOST_LINES:
            raise _too_large(431)
        if lines and _has_controls(b"".join(lines)):
            raise LocalProtocolError("a control character in the header section")
        return lines

    def maybe_extract_next_line(self) -> bytearray | None:
        """
        Return the line before a chunk, its size and its extensions.

        Raises LocalProtocolError.
        """
        line = super().maybe_extract_next_line()
        if len(self if line is None else line) > LONGEST_CHUNK_LINE:
            raise LocalProtocolError(f"more than {LONGEST_CHUNK_LINE} bytes before a chunk")
        if line and _has_controls(line.removesuffix(b"\r\n")):
            raise LocalProtocolError("a control character before a chunk")
        return line


def _has_controls(line: bytes | bytearray) -> bool:
    return len(line.translate(None, CONTROLS)) < len(line)


def _too_large(status: int) -> LocalProtocolError:
    return LocalProtocolError("too large", error_status_hint=status)
