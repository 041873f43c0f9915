"""
`python -m benchmarks.hostile` shows what hostile requests cost the event loop, each at one size and at the double.

The cost is the CPU time of the thread that runs the loop, from the bytes of the request to those of the answer, so that
other work on the machine hardly counts. Where the ratio between the two sizes is well above 2, the work grows faster
than the request; where it is about 1, a bound has ended it.
"""

import argparse
import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from impl.app import create_app
from impl.server.http_options import http_options
from impl.settings import load_settings

from .servers import BenchError, derive_document, reference_environment

HOST = "127.0.0.1"
JSON = "Content-Type: application/json"
OF_A_TARGET, OF_A_SECTION, OF_CONTENT = 3900, 7000, 32000
# Beyond the contract: what the parser alone reads.
OF_A_HEAD = 16000
START_SECONDS = 30


@dataclass(frozen=True)
class Hostile:
    """A kind of request, and how to write one with about so many bytes of what is hostile in it."""

    name: str
    size: int
    write: Callable[[int], bytes]


def repeated(unit: str, size: int) -> str:
    """Return a text again and again, up to a size."""
    return unit * (size // len(unit))


def numbered(form: str, size: int) -> str:
    """Return texts that differ by a number, up to a size."""
    return "".join(form.format(number) for number in range(size // len(form.format(1000))))


def target(text: Callable[[int], str], path: str = "/api/health/live?") -> Callable[[int], bytes]:
    """Write a GET with something in its target."""
    return lambda size: f"GET {path}{text(size)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def section(text: Callable[[int], str], path: str = "/api/books") -> Callable[[int], bytes]:
    """Write a GET with something in its header section."""
    return lambda size: f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{text(size)}\r\n\r\n".encode()


def content(text: Callable[[int], str], *fields: str) -> Callable[[int], bytes]:
    """Write a POST, to an operation that needs no token, with something as its content."""

    def write(size: int) -> bytes:
        body = text(size).encode()
        lines = ["POST /api/auth/register HTTP/1.1", "Host: x", "Connection: close", *(fields or (JSON,))]
        if not any("chunked" in field for field in fields):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    return write


def chunks(form: str) -> Callable[[int], bytes]:
    """Write a POST whose content comes in chunks of one form."""
    return content(lambda size: f"{repeated(form, size)}0\r\n\r\n", JSON, "Transfer-Encoding: chunked")


def ending(text: Callable[[int], str]) -> Callable[[int], bytes]:
    """Write a POST in chunks, of which something is the end."""
    return content(lambda size: f"2\r\n{{}}\r\n{text(size)}", JSON, "Transfer-Encoding: chunked")


def member(name: str, unit: str) -> Callable[[int], bytes]:
    """Write an account with one long text."""
    account = {"email": "a@example.com", "username": "reader", "password": "a long enough password"}
    return content(lambda size: json.dumps(account | {name: repeated(unit, size)}))


REQUESTS = (
    Hostile("one field of padding, for comparison", OF_A_SECTION, section(lambda size: f"X-Padding: {'x' * size}")),
    Hostile("one parameter, again and again", OF_A_TARGET, target(lambda size: repeated("a&", size))),
    Hostile("parameters without a name", OF_A_TARGET, target(lambda size: repeated("&", size))),
    Hostile("parameters that all differ", OF_A_TARGET, target(lambda size: numbered("a{}&", size))),
    Hostile("parameters all twice", OF_A_TARGET, target(lambda size: numbered("a{}&", size // 2) * 2)),
    Hostile("an encoded value", OF_A_TARGET, target(lambda size: f"a={repeated('%c3%a9', size)}")),
    Hostile("an encoded path", OF_A_TARGET, target(lambda size: repeated("%41", size), "/api/books/")),
    Hostile("a path of slashes", OF_A_TARGET, target(lambda size: repeated("a/", size), "/api/")),
    Hostile("an id of digits", OF_A_TARGET, target(lambda size: repeated("1", size), "/api/books/")),
    Hostile("fields that all differ", OF_A_SECTION, section(lambda size: numbered("X-{}: y\r\n", size) + "X: y")),
    Hostile("If-None-Match, again and again", OF_A_SECTION, section(lambda size: repeated("If-None-Match:a\r\n", size) + "X: y")),
    Hostile("If-None-Match, a list", OF_A_SECTION, section(lambda size: 'If-None-Match: ' + repeated('"a", ', size) + "x")),
    Hostile("If-None-Match, of quotes", OF_A_SECTION, section(lambda size: 'If-None-Match: W/' + repeated('" W/', size))),
    Hostile("If-None-Match, of commas", OF_A_SECTION, section(lambda size: 'If-None-Match: "a"' + repeated(' ,', size) + "x")),
    Hostile("a cookie of pairs", OF_A_SECTION, section(lambda size: f"Cookie: {numbered('a{}=b; ', size)}")),
    Hostile("a token of dots", OF_A_SECTION, section(lambda size: f"Authorization: Bearer {repeated('a.', size)}")),
    Hostile("Authorization, again and again", OF_A_SECTION, section(lambda size: repeated("Authorization:a\r\n", size) + "X: y")),
    Hostile("forwarded for trusted hops", OF_A_SECTION, section(lambda size: "X-Forwarded-For: 1.1.1.1" + repeated(",10.0.0.1", size))),
    Hostile("forwarded for garbage", OF_A_SECTION, section(lambda size: "X-Forwarded-For: " + repeated("[:,", size))),
    Hostile("a long request id", OF_A_SECTION, section(lambda size: f"X-Request-Id: {repeated('a', size)}")),
    Hostile("Connection of many tokens", OF_A_SECTION, section(lambda size: f"Connection: {repeated('a,', size)}")),
    Hostile("folded fields", OF_A_SECTION, section(lambda size: "X: y" + repeated("\r\n y", size))),
    Hostile("a media type of parameters", OF_A_SECTION, lambda size: content(lambda _: "{}", f"Content-Type: application/json;a=\"{repeated(';', size)}")(size)),
    Hostile("a media type of continuations", OF_A_SECTION, lambda size: content(lambda _: "{}", f"Content-Type: application/json{numbered('; a*{}=b', size)}")(size)),
    Hostile("members that all differ", OF_CONTENT, content(lambda size: '{"a":0' + numbered(',"a{}":0', size) + "}")),
    Hostile("one member, again and again", OF_CONTENT, content(lambda size: '{"a":0' + repeated(',"a":0', size) + "}")),
    Hostile("members of objects", OF_CONTENT, content(lambda size: '{"email":[{}' + repeated(",{}", size) + "]}")),
    Hostile("items that are wrong", OF_CONTENT, content(lambda size: "[0" + repeated(",0", size) + "]")),
    Hostile("arrays, deep", OF_CONTENT, content(lambda size: "[" * (size // 2) + "]" * (size // 2))),
    Hostile("objects, deep", OF_CONTENT, content(lambda size: '{"a":' * (size // 6) + "1" + "}" * (size // 6))),
    Hostile("an integer of digits", OF_CONTENT, content(lambda size: f'{{"email":{repeated("9", size)}}}')),
    Hostile("a fraction of digits", OF_CONTENT, content(lambda size: f'{{"email":0.{repeated("9", size)}}}')),
    Hostile("escapes", OF_CONTENT, content(lambda size: f'{{"email":"{repeated(chr(92) + "u00e9", size)}"}}')),
    Hostile("an email of a's", OF_CONTENT, member("email", "a")),
    Hostile("an email of dots", OF_CONTENT, member("email", "a.")),
    Hostile("an email of domains", OF_CONTENT, member("email", "a@a.")),
    Hostile("a name of white space", OF_CONTENT, member("display_name", "a ")),
    Hostile("chunks of one byte", OF_CONTENT, chunks("1\r\n \r\n")),
    Hostile("chunks with extensions", OF_CONTENT, chunks("1;a=b;c=d\r\n \r\n")),
    Hostile("spaces before a NUL", OF_A_HEAD, section(lambda size: f"X:{' ' * size}\0")),
    Hostile("spaces before a vertical tab", OF_A_HEAD, section(lambda size: f"X:{' ' * size}\v")),
    Hostile("spaces before a carriage return", OF_A_HEAD, section(lambda size: f"X:{' ' * size}\ry")),
    Hostile("folded lines of spaces before a NUL", OF_A_HEAD, section(lambda size: f"X:{repeated(' ' * 40 + chr(13) + chr(10), size)} \0")),
    Hostile("lines of one letter", OF_A_HEAD, section(lambda size: repeated("a:\r\n", size) + "X: y")),
    Hostile("trailers of spaces before a NUL", OF_A_HEAD, ending(lambda size: f"0\r\nX:{' ' * size}\0\r\n\r\n")),
    Hostile("a chunk extension of spaces", OF_A_HEAD, ending(lambda size: f"1;{' ' * size}\n\r\n \r\n0\r\n\r\n")),
    Hostile("a chunk size before spaces", OF_A_HEAD, ending(lambda size: f"1{' ' * size}\n\r\n \r\n0\r\n\r\n")),
)  # fmt: skip


class Loop:
    """The reference, served by a thread of this process, whose CPU time can be read."""

    def __init__(self, work: Path) -> None:
        environ = reference_environment(work) | {"LOG_LEVEL": "CRITICAL", "TRUSTED_PROXIES": "127.0.0.1 10.0.0.0/8"}
        settings = load_settings(environ)
        app = create_app(settings)
        options = http_options(settings) | {"log_level": "critical"}
        self._server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, **options))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        """
        Serve, and return when requests are taken.

        Raises BenchError where that takes too long.
        """
        self._thread.start()
        ends = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > ends or not self._thread.is_alive():
                raise BenchError("the reference does not start")
            time.sleep(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        self._clock = time.pthread_getcpuclockid(self._thread.ident or 0)

    def stop(self) -> None:
        """End the server."""
        self._server.should_exit = True
        self._thread.join(START_SECONDS)

    def cost(self, request: bytes, times: int) -> tuple[int, float]:
        """Send a request several times; return the status, and the seconds of CPU of the cheapest time."""
        costs, status = [], 0
        for _ in range(times):
            before = time.clock_gettime(self._clock)
            status = self._send(request)
            costs.append(time.clock_gettime(self._clock) - before)
        return status, min(costs)

    def _send(self, request: bytes) -> int:
        answer = b""
        with contextlib.suppress(ConnectionError), socket.create_connection((HOST, self._port), 30) as connection:
            connection.sendall(request)
            while part := connection.recv(65536):
                answer += part
        return int(answer.split(b" ", 2)[1]) if answer else 0


@contextmanager
def looping() -> Iterator[Loop]:
    """Serve the reference in this process, with limits that nobody reaches."""
    with TemporaryDirectory(prefix="hostile-") as folder:
        derive_document(Path(folder))
        loop = Loop(Path(folder))
        loop.start()
        try:
            yield loop
        finally:
            loop.stop()


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; a mistake in the set-up is one line and exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="requests of each kind and size (default: %(default)s)")
    asked = parser.parse_args(arguments)
    print(f"{'request':<38} status  bytes       ms  2 x bytes    ms   µs a byte  ratio")
    try:
        with looping() as loop:
            for hostile in REQUESTS:
                small, large = (hostile.write(hostile.size * factor) for factor in (1, 2))
                status, one = loop.cost(small, asked.times)
                _, two = loop.cost(large, asked.times)
                print(
                    f"{hostile.name:<38} {status:>6} {len(small):>6} {one * 1000:>8.1f} {len(large):>6} "
                    f"{two * 1000:>9.1f} {two / len(large) * 1e6:>10.2f} {two / one:>6.1f}"
                )
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
