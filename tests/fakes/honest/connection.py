"""HTTP/1.1 and HTTP/1.0 on a socket (RFC 9112), a thread for each connection."""

import contextlib
import email.utils
import re
import socketserver
import time
from collections.abc import Callable, Mapping

from .messages import PHRASES, Answer, Request

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LENGTH = re.compile(r"[0-9]{1,18}")
LONGEST = 1 << 16
IDLE = 30.0


class Unreadable(Exception):
    """The bytes are no request: nothing can be said in the words of the service."""


class Manner:
    """How answers are written; a variant writes them otherwise."""

    version = "HTTP/1.1"

    def dressed(self, request: Request, answer: Answer) -> Answer:
        """Return the answer as it goes out."""
        return answer

    def spelt(self, name: str) -> str:
        return name

    def has_length(self, request: Request) -> bool:
        """Tell whether an answer has Content-Length; without it, it comes in chunks, or ends with the connection."""
        return True


class Server(socketserver.ThreadingTCPServer):
    """Listens on the loopback."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, port: int, handle: Callable[[Request], Answer], sizes: Mapping[str, int], manner: Manner
    ) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.handle = handle
        self.sizes = sizes
        self.manner = manner

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is nothing to speak of."""


class Connection(socketserver.StreamRequestHandler):
    """Answers requests one after another, until either side wants to end."""

    server: Server
    timeout = IDLE
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            while self.answer_next():
                pass

    def answer_next(self) -> bool:
        """Answer a request; tell whether another may follow."""
        try:
            request = self.read()
        except Unreadable as problem:
            self.write(Request("GET", "/", "HTTP/1.1", {}, b"", ""), Answer(400, str(problem).encode()), is_last=True)
            return False
        if request is None:
            return False
        answer = self.server.handle(request)
        is_last = self.wants_to_end(request) or request.is_too_large
        self.write(request, self.server.manner.dressed(request, answer), is_last=is_last)
        return not is_last

    def wants_to_end(self, request: Request) -> bool:
        if self.server.manner.version == "HTTP/1.0" or request.version == "HTTP/1.0":
            return True
        return "close" in (request.field("connection") or "").lower()

    def read(self) -> Request | None:
        """Return the next request; None where the client has ended. Raises Unreadable."""
        line = self.line()
        if line == b"":
            line = self.line()
        if line is None:
            return None
        words = line.split(b" ")
        if len(words) != 3 or not TOKEN.fullmatch(words[0]) or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Unreadable("The request line cannot be read.")
        fields, size = self.fields()
        method, target, version = (word.decode("latin-1") for word in words)
        request = Request(method, target, version, fields, b"", self.client_address[0], size)
        if version == "HTTP/1.1" and len(fields.get("host", [])) != 1:
            raise Unreadable("A request has one Host.")
        self.read_content(request)
        return request

    def line(self) -> bytes | None:
        """Return a line without its end; None where the connection has ended."""
        line = self.rfile.readline(LONGEST)
        if not line:
            return None
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            raise Unreadable("A line is too long, or does not end as lines do.")
        return line[:-2]

    def fields(self) -> tuple[dict[str, list[str]], int]:
        """Return the header fields, and how many bytes they have."""
        found: dict[str, list[str]] = {}
        size = 0
        while line := self.line():
            size += len(line) + 2
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.fullmatch(name) or size > 4 * LONGEST:
                raise Unreadable("A header field cannot be read.")
            found.setdefault(name.decode().lower(), []).append(value.strip(b" \t").decode("latin-1"))
        if line is None:
            raise ConnectionError("the client has gone")
        return found, size

    def read_content(self, request: Request) -> None:
        """Read the content, but no more of it than the service takes."""
        codings = request.field("transfer-encoding")
        length = request.field("content-length")
        if codings is not None:
            if length is not None or codings.lower() != "chunked" or request.version == "HTTP/1.0":
                raise Unreadable("The length of the content is not clear.")
            self.invite(request)
            self.read_chunks(request)
        elif length is not None:
            if not LENGTH.fullmatch(length):
                raise Unreadable("Content-Length is no length.")
            request.is_too_large = int(length) > self.server.sizes["content"]
            if request.is_too_large:
                self.drain(int(length), request)
                return
            self.invite(request)
            request.content = self.exactly(int(length))

    def drain(self, length: int, request: Request) -> None:
        """Read some of what nobody wants, so that the client gets to read its answer."""
        if "expect" not in request.fields:
            self.rfile.read(min(length, 16 * LONGEST))

    def invite(self, request: Request) -> None:
        if (request.field("expect") or "").lower() == "100-continue" and request.version == "HTTP/1.1":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def read_chunks(self, request: Request) -> None:
        parts = bytearray()
        while size := self.chunk_size():
            chunk = self.exactly(size)
            if self.line() != b"":
                raise Unreadable("A chunk does not end where it says.")
            if len(parts) <= self.server.sizes["content"]:
                parts += chunk
        while self.line():
            pass
        request.is_too_large = len(parts) > self.server.sizes["content"]
        request.content = bytes(parts)

    def chunk_size(self) -> int:
        line = self.line() or b""
        size = line.split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,7}", size):
            raise Unreadable("A chunk has no size.")
        return int(size, 16)

    def exactly(self, length: int) -> bytes:
        content = self.rfile.read(length)
        if len(content) < length:
            raise ConnectionError("the client has gone")
        return content

    def write(self, request: Request, answer: Answer, *, is_last: bool) -> None:
        manner = self.server.manner
        fields = {"Date": email.utils.formatdate(time.time(), usegmt=True)} | answer.fields
        has_content = request.method != "HEAD" and answer.status not in (204, 304)
        is_chunked = False
        if answer.status not in (204, 304):
            if manner.has_length(request):
                fields["Content-Length"] = str(len(answer.content))
            elif has_content and manner.version == "HTTP/1.1" and request.version == "HTTP/1.1":
                fields["Transfer-Encoding"] = "chunked"
                is_chunked = True
            elif has_content:
                is_last = True
        if is_last:
            fields["Connection"] = "close"
        head = f"{manner.version} {answer.status} {PHRASES[answer.status]}\r\n"
        head += "".join(f"{manner.spelt(name)}: {value}\r\n" for name, value in fields.items())
        content = chunked(answer.content) if is_chunked else answer.content
        self.wfile.write(head.encode("latin-1") + b"\r\n" + (content if has_content else b""))


def chunked(content: bytes) -> bytes:
    """Return content in chunks, some of one byte."""
    parts = [content[:1], content[1:40], content[40:]]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
