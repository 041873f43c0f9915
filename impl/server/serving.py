"""One server process: uvicorn's, with a stop that drains, that has an end whatever hangs, and that exits 0."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from multiprocessing import parent_process
from types import FrameType
from typing import Any, NoReturn, cast

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from ..logs import stop_logs
from ..metrics.figures import STATE as FIGURES
from ..metrics.figures import Figures
from ..process.stopping import STATE, Stopping
from ..settings import Settings
from .http_protocol import BoundedProtocol
from .listening import refusal
from .plain_protocol import PlainProtocol

# A client that keeps its connection sends its next request within this time, or is taken to have no more to ask.
SILENCE = 0.5
TICK = 0.05
# After STOP_SECONDS: what uvicorn gives cancelled requests, and what all of it may take with the last write of views.
CANCELLING, LAST_SECONDS = 1, 3.0
log = logging.getLogger("uvicorn.error")


class Server(uvicorn.Server):
    """
    Stops in four steps, and at once with a second signal.

    From the signal on, readiness is 503 and each answer closes its connection. For DRAIN_SECONDS new connections are
    still taken. Then open requests end, for at most STOP_SECONDS. Then the rest is cut off and the application ends.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        settings: Settings,
        *,
        is_worker: bool = False,
        report: Callable[[Figures], None] | None = None,
    ) -> None:
        super().__init__(config)
        # Is given the figures of the application as soon as it has started.
        self._report = report
        self._settings = settings
        # A terminal and some supervisors signal the workers too: only the supervisor may tell them to hasten.
        self._is_worker = is_worker
        self._stopping = Stopping()
        self._silent_since: dict[object, float] = {}
        self._supervisor = parent_process() if is_worker else None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """
        Start, and let each request see whether this server is about to end.

        Raises ListeningError.
        """
        # The lifespan hands this to the application with each request; the same object each time.
        self.lifespan.state[STATE] = self._stopping
        try:
            await super().startup(sockets)
        except OSError as error:
            # Bound at the same time as by another process, which was the first to listen.
            await self.lifespan.shutdown()
            raise refusal(self._settings.host, self._settings.port, error) from None
        figures = self.lifespan.state.get(FIGURES)
        if self._report and isinstance(figures, Figures):
            self._report(figures)
        log.info("Listening on HOST %s and PORT %d", self._settings.host, self._settings.port)

    async def on_tick(self, counter: int) -> bool:
        """Begin to stop where the supervisor has gone: nobody else would end this worker, or give its port back."""
        if self._supervisor and os.getppid() != self._supervisor.pid and not self.should_exit:
            log.error("The supervisor has gone: this worker ends")
            self.handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or hasten; the signal is not raised again at the end, so that the exit status is 0."""
        if self.should_exit and not self._is_worker:
            self.force_exit = True
        self.should_exit = True
        self._stopping.has_begun = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, step by step; nothing here waits for ever."""
        log.info("Stopping: no longer ready, open requests end")
        loop = asyncio.get_running_loop()
        pause = loop.time() + self._settings.drain_seconds
        while loop.time() < pause and not self.force_exit:
            await asyncio.sleep(TICK)
        self._refuse_connections(sockets)
        await self._end_requests(loop.time() + self._settings.stop_seconds)
        self.config.timeout_graceful_shutdown = CANCELLING
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await super().shutdown(sockets)
        except TimeoutError:
            log.error("The application did not end in time")

    def _refuse_connections(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()

    async def _end_requests(self, deadline: float) -> None:
        """Wait for open requests, also those whose client has gone, and close each connection that has fallen silent."""
        loop, state = asyncio.get_running_loop(), self.server_state
        while (state.connections or state.tasks) and loop.time() < deadline and not self.force_exit:
            for connection in cast(list[PlainProtocol | BoundedProtocol], list(state.connections)):
                if self._is_silent(connection, loop.time()):
                    connection.shutdown()
            await asyncio.sleep(TICK)
        if state.connections or state.tasks:
            log.warning("Cutting off %d connections and %d requests", len(state.connections), len(state.tasks))

    def _is_silent(self, connection: PlainProtocol | BoundedProtocol, now: float) -> bool:
        """Tell whether a connection has waited for a request for a while, and has not begun to send one."""
        # None before the first request, which uvicorn's annotations do not say.
        cycle: Any = connection.cycle
        if connection.has_begun_request or not (cycle is None or cycle.response_complete):
            self._silent_since.pop(connection, None)
            return False
        since = self._silent_since.setdefault(connection, now)
        if timer := connection.timeout_keep_alive_task:
            # Armed with the end of the last answer.
            since = min(since, timer.when() - connection.timeout_keep_alive)
        return now - since >= SILENCE


def serve(
    config: uvicorn.Config,
    settings: Settings,
    sockets: list[socket.socket],
    report: Callable[[Figures], None] | None = None,
) -> int:
    """
    Serve in this process; return the exit status.

    Raises ListeningError.
    """
    server = Server(config, settings, report=report)
    server.run(sockets)
    return 0 if server.started else STARTUP_FAILURE


def end_process(status: int) -> NoReturn:
    """Write the log, as far as somebody reads it, and end at once: a thread that hangs would be waited for for ever."""
    stop_logs()
    os._exit(status)
