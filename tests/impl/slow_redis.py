"""A proxy before Redis that keeps each message for a while, as a network that is far away does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from .wire import HOST


class SlowWay:
    """A listening port that leads to Redis; `seconds` is what it adds to each round trip, now."""

    def __init__(self, redis_url: str) -> None:
        self._target = urlsplit(redis_url).port
        self.seconds = 0.0
        self.port = 0
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Return the address that REDIS_URL takes."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        assert self._listens.wait(10)

    def stop(self) -> None:
        """End, with all connections."""
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join(10)

    def hang_up(self) -> None:
        """End all connections, so that new ones have to be made."""
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        for each in self._writers:
            each.close()

    async def _run(self) -> None:
        self._loop, self._ends = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._connect, HOST, 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._listens.set()
            await self._ends.wait()
            self._close()
            # The tasks of the connections see their end.
            await asyncio.sleep(0.1)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
            self._writers |= {writer, far_writer}
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await reader.read(65_536):
                await asyncio.sleep(self.seconds / 2)
                writer.write(content)
        writer.close()


@contextmanager
def slow_way(redis_url: str) -> Iterator[SlowWay]:
    """Run a proxy before Redis."""
    way = SlowWay(redis_url)
    way.start()
    try:
        yield way
    finally:
        way.stop()
