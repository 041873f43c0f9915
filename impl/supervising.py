"""Several server processes: uvicorn's supervisor, with a stop that has an end, and each worker's death in the log."""

import logging
import signal
import socket
import time
from collections.abc import Sequence

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from .serving import CANCELLING, LAST_SECONDS, Server, end_process
from .settings import Settings

TICK = 0.1
# How long a worker may take to start, and a started one to answer its supervisor, before another takes its place.
STARTING, ANSWERING = 120, 10
# What a worker may take beyond DRAIN_SECONDS and STOP_SECONDS: its last steps, its log, and a busy machine.
MARGIN = CANCELLING + LAST_SECONDS + 2
log = logging.getLogger("uvicorn.error")


class Worker(Process):
    """One worker process, which runs our server instead of uvicorn's."""

    def __init__(self, config: Config, sockets: list[socket.socket], settings: Settings) -> None:
        self._settings = settings
        self._asked_at: float | None = None
        self._has_answered = False
        super().__init__(config, sockets)

    @property
    def server(self) -> Server:
        """The server of this worker, made in its own process."""
        if not isinstance(self._server, Server):
            self._server = Server(self.config, self._settings, is_worker=True)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in the worker's own process, and end it whatever thread hangs."""
        status = 0
        try:
            super().target(sockets)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except Exception:
            log.exception("The worker ends")
            status = 1
        end_process(status)

    def is_hung(self) -> bool:
        """Ask the worker whether it lives, without waiting for the answer; tell whether it has been silent too long."""
        now = time.monotonic()
        try:
            if self._asked_at is not None and self.parent_conn.poll():
                self.parent_conn.recv()
                self._asked_at, self._has_answered = None, True
            if self._asked_at is None:
                self.parent_conn.send(b"ping")
                self._asked_at = now
        except (OSError, EOFError):
            # It has just died, which shows elsewhere.
            return False
        return now - self._asked_at > (ANSWERING if self._has_answered else STARTING)

    def describe_end(self) -> str:
        """Say how the worker ended."""
        if self.exitcode is not None and self.exitcode < 0:
            return f"was killed by {signal.Signals(-self.exitcode).name}"
        return f"ended with status {self.exitcode}"


class Supervisor(Multiprocess):
    """Starts the workers, replaces those that die or hang, and stops them as one process stops."""

    processes: list[Worker]  # type: ignore[assignment]

    def __init__(self, config: Config, sockets: list[socket.socket], settings: Settings) -> None:
        super().__init__(config, sockets)
        self._settings = settings
        self._status = 0

    def supervise(self) -> int:
        """Serve until a signal comes; return the exit status."""
        log.info("Started the supervisor of %d workers", self.processes_num)
        self.init_processes()
        while not self.should_exit.wait(TICK):
            self.handle_signals()
            self.keep_subprocess_alive()
        self._end(self.processes, self.sockets)
        log.info("The supervisor ends")
        return self._status

    def init_processes(self) -> None:
        """Start all workers."""
        self.processes.extend(self._start_worker() for _ in range(self.processes_num))

    def keep_subprocess_alive(self) -> None:
        """Put a new worker in the place of one that has died or hangs."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.process.is_alive():
                if not worker.is_hung():
                    continue
                log.error("Worker %s does not answer", worker.pid)
                worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:
                # It would fail in the same way again.
                log.error("Worker %s could not start: the service ends", worker.pid)
                self._status = STARTUP_FAILURE
                self.should_exit.set()
                return
            following = self.processes[place] = self._start_worker()
            log.error("Worker %s %s: worker %s takes its place", worker.pid, worker.describe_end(), following.pid)

    def restart_all(self) -> None:
        """Replace each worker, one after the other, by one that is ready (SIGHUP)."""
        for place, old in enumerate(self.processes):
            new = self._start_worker()
            if not new.wait_until_ready(STARTING, self.should_exit):
                log.error("Worker %s was not ready in time: the old workers stay", new.pid)
                new.kill()
                return
            self.processes[place] = new
            self._end([old], [])

    def handle_ttin(self) -> None:
        """Add a worker."""
        self.processes_num += 1
        self.processes.append(self._start_worker())

    def _start_worker(self) -> Worker:
        worker = Worker(self.config, self.sockets, self._settings)
        worker.start()
        return worker

    def _end(self, workers: Sequence[Worker], sockets: Sequence[socket.socket]) -> None:
        """Stop workers; one that has not ended in time is killed, and with a second signal each at once."""
        asked_at = time.monotonic()
        for worker in workers:
            worker.terminate()
        deadline = asked_at + self._settings.drain_seconds + self._settings.stop_seconds + MARGIN
        while any(worker.process.is_alive() for worker in workers) and time.monotonic() < deadline:
            if {signal.SIGINT, signal.SIGTERM} & {*self.signal_queue}:
                break
            if time.monotonic() >= asked_at + self._settings.drain_seconds:
                # Connections are refused only when nobody holds the socket any more.
                for each in sockets:
                    each.close()
            time.sleep(TICK)
        for worker in workers:
            if worker.process.is_alive():
                log.error("Worker %s does not end: it is killed", worker.pid)
                worker.kill()
            worker.process.join()


def supervise(config: Config, settings: Settings) -> int:
    """Serve with several workers; return the exit status."""
    return Supervisor(config, [config.bind_socket()], settings).supervise()
