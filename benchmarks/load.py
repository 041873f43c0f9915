"""A load generator for loopback: keep-alive connections, one request at a time on each, every status checked."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import cast

import uvloop

HOST = "127.0.0.1"
MOST_REQUESTS = 500_000
# Seconds beyond its time that a run may take before it is given up.
PATIENCE = 10
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
BODILESS = (204, 304)


class LoadError(Exception):
    """The server answered something else than the case expects, or not at all."""


@dataclass
class Sample:
    """What one run saw: a latency in seconds per request, the length of the run, and the generator's own CPU seconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    own_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return the latency, in milliseconds, that so many per cent of the requests stay within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


def build_request(method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b"") -> bytes:
    """Write one HTTP/1.1 request."""
    fields = {"Host": HOST, **(headers or {})} | ({"Content-Length": str(len(content))} if content else {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def run_load(port: int, requests: Iterator[bytes], expected: int, *, connections: int, seconds: float) -> Sample:
    """
    Send requests for some seconds, bounded in number too, and wait for the last answers.

    Raises LoadError with the first answer that has another status.
    """
    return uvloop.run(_Run(requests, expected, seconds).run(port, connections))


class _Run:
    def __init__(self, requests: Iterator[bytes], expected: int, seconds: float) -> None:
        self.expected = expected
        self.sample = Sample()
        self._requests = requests
        self._seconds = seconds
        self._open = 0

    async def run(self, port: int, connections: int) -> Sample:
        loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[None] = loop.create_future()
        self._open = connections
        began, cpu = perf_counter(), process_time()
        self._ends = began + self._seconds
        try:
            async with asyncio.timeout(self._seconds + PATIENCE):
                for _ in range(connections):
                    await loop.create_connection(lambda: _Connection(self), HOST, port)
                await self._finished
        except TimeoutError:
            raise LoadError(f"no answer within {PATIENCE} seconds") from None
        except OSError as error:
            raise LoadError(f"cannot connect: {error}") from None
        self.sample.seconds, self.sample.own_cpu = perf_counter() - began, process_time() - cpu
        return self.sample

    def next_request(self) -> bytes | None:
        if perf_counter() >= self._ends or len(self.sample.latencies) >= MOST_REQUESTS or self._finished.done():
            return None
        return next(self._requests)

    def fail(self, reason: str) -> None:
        if not self._finished.done():
            self._finished.set_exception(LoadError(reason))

    def close_one(self) -> None:
        self._open -= 1
        if self._open == 0 and not self._finished.done():
            self._finished.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._whole = 0
        self._is_done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._whole and not self._read_head():
            return
        if len(self._received) < self._whole:
            return
        self._run.sample.latencies.append(perf_counter() - self._sent)
        status = int(self._received[9:12])
        if status != self._run.expected or len(self._received) > self._whole:
            text = self._received.decode("latin-1")
            return self._run.fail(f"expected status {self._run.expected}, got:\n{text[:2000]}")
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._is_done:
            self._run.fail("the server closed a connection")
        self._run.close_one()

    def _send_next(self) -> None:
        self._received, self._whole = b"", 0
        request = self._run.next_request()
        if request is None:
            self._is_done = True
            return self._transport.close()
        self._sent = perf_counter()
        self._transport.write(request)

    def _read_head(self) -> bool:
        end = self._received.find(END_OF_HEAD)
        if end < 0:
            return False
        head = self._received[: end + 2].lower()
        start = head.find(LENGTH)
        if start < 0 and int(head[9:12]) not in BODILESS:
            self._run.fail(
                f"an answer without Content-Length, which this client cannot read:\n{head.decode('latin-1')}"
            )
            return False
        length = int(head[start + len(LENGTH) : head.index(b"\r\n", start + 2)]) if start >= 0 else 0
        self._whole = end + len(END_OF_HEAD) + (0 if int(head[9:12]) in BODILESS else length)
        return True
