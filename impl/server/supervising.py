"""Several server processes: uvicorn's supervisor, with a stop that has an end, and each worker's death in the log."""

import logging
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from ..settings import Settings
from .gathering import Gathering, Reporter
from .refusals import REFUSALS, REFUSED
from .serving import CANCELLING, LAST_SECONDS, Server, end_process

if TYPE_CHECKING:
    from ..metrics.port import MetricsPort

TICK = 0.1
# How long a worker may take to start, and a started one to answer its supervisor, before another takes its place.
STARTING, ANSWERING = 120, 10
# A worker that has lived for less than this is replaced only then, so that none is started over and over without a pause.
SHORTEST_LIFE = 5.0
# What a worker may take beyond DRAIN_SECONDS and STOP_SECONDS: its last steps, its log, and a busy machine.
MARGIN = CANCELLING + LAST_SECONDS + 2
log = logging.getLogger("uvicorn.error")


class Worker(Process):
    """One worker process, which runs our server instead of uvicorn's."""

    def __init__(
        self, config: Config, sockets: list[socket.socket], settings: Settings, figures: Connection | None
    ) -> None:
        self._settings = settings
        # Where its process sends its figures, if anybody wants them.
        self._figures = figures
        self._reporter: Reporter | None = None
        self._started_at = time.monotonic()
        self._asked_at: float | None = None
        self._has_answered = False
        self.is_ready_to_serve = False
        super().__init__(config, sockets)

    @property
    def server(self) -> Server:
        """The server of this worker, made in its own process."""
        if not isinstance(self._server, Server):
            report = self._reporter.start if self._reporter else None
            self._server = Server(self.config, self._settings, is_worker=True, report=report)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in the worker's own process, and end it whatever thread hangs."""
        status = 0
        if self._figures:
            self._reporter = Reporter(self._figures)
        try:
            super().target(sockets)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except REFUSALS as error:
            print(f"impl: {error}", file=sys.stderr)
            status = REFUSED
        except Exception:
            log.exception("The worker ends")
            status = 1
        if self._reporter:
            self._reporter.finish()
        end_process(status)

    @property
    def age(self) -> float:
        """For how many seconds it has been there."""
        return time.monotonic() - self._started_at

    def look(self) -> None:
        """Take the worker's last answer and ask it again, without waiting."""
        try:
            if self._asked_at is not None and self.parent_conn.poll():
                self.is_ready_to_serve = bool(self.parent_conn.recv())
                self._asked_at, self._has_answered = None, True
            if self._asked_at is None:
                self.parent_conn.send(b"ping")
                self._asked_at = time.monotonic()
        except (OSError, EOFError):
            # It has just died, which shows elsewhere.
            return

    def is_hung(self) -> bool:
        """Tell whether the worker has been silent too long."""
        silent = 0.0 if self._asked_at is None else time.monotonic() - self._asked_at
        return silent > (ANSWERING if self._has_answered else STARTING)

    def could_not_start(self) -> bool:
        """Tell whether it has ended by itself before it served; what a signal ended may start the next time."""
        if self.exitcode == STARTUP_FAILURE:
            return True
        return not self.is_ready_to_serve and self.exitcode is not None and self.exitcode > 0

    def describe_end(self) -> str:
        """Say how the worker ended."""
        if self.exitcode is not None and self.exitcode < 0:
            return f"was killed by {signal.Signals(-self.exitcode).name}"
        return f"ended with status {self.exitcode}"


@dataclass(frozen=True)
class Replacement:
    """A worker that shall take the place of an older one as soon as it is ready."""

    old: Worker
    new: Worker


@dataclass(frozen=True)
class Retired:
    """A worker that has been asked to end, and when it is killed."""

    worker: Worker
    killed_at: float


class Supervisor(Multiprocess):
    """Starts the workers, replaces those that die or hang, and stops them as one process stops."""

    processes: list[Worker]  # type: ignore[assignment]

    def __init__(
        self, config: Config, sockets: list[socket.socket], settings: Settings, gathering: Gathering | None
    ) -> None:
        super().__init__(config, sockets)
        self._settings = settings
        self._gathering = gathering
        self._status = 0
        self._to_replace: list[Worker] = []
        self._replacement: Replacement | None = None
        self._retired: list[Retired] = []

    def supervise(self) -> int:
        """Serve until a signal comes; return the exit status."""
        log.info("Started the supervisor of %d workers", self.processes_num)
        self.init_processes()
        # No step waits, so that a signal is heard in any of them.
        while not self.should_exit.wait(TICK):
            self.handle_signals()
            self.keep_subprocess_alive()
            self.go_on_replacing()
            self.end_retired()
        self._end(self._all_workers(), self.sockets)
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
                worker.look()
                if not worker.is_hung():
                    continue
                log.error("Worker %s does not answer", worker.pid)
                worker.kill()
                worker.process.join()
            if worker.could_not_start():
                # It would fail in the same way again.
                log.error("Worker %s could not start: the service ends", worker.pid)
                self._status = worker.exitcode or STARTUP_FAILURE
                self.should_exit.set()
            elif worker.age >= SHORTEST_LIFE:
                following = self.processes[place] = self._start_worker()
                log.error("Worker %s %s: worker %s takes its place", worker.pid, worker.describe_end(), following.pid)

    def restart_all(self) -> None:
        """Replace each worker, one after the other, by one that is ready (SIGHUP)."""
        self._to_replace = list(self.processes)

    def go_on_replacing(self) -> None:
        """Do what can be done now of what `restart_all` began."""
        if self._replacement is None:
            self._to_replace = [each for each in self._to_replace if each in self.processes]
            if self._to_replace and not self.should_exit.is_set():
                self._replacement = Replacement(self._to_replace.pop(0), self._start_worker())
            return
        old, new = self._replacement.old, self._replacement.new
        new.look()
        if new.is_ready_to_serve:
            self._replacement = None
            # The old one may have died meanwhile, and then has a successor already.
            if old in self.processes:
                self.processes[self.processes.index(old)] = new
                self._retire(old)
            else:
                self._retire(new)
        elif not new.process.is_alive() or new.age > STARTING:
            log.error("Worker %s was not ready in time: the old workers stay", new.pid)
            self._replacement, self._to_replace = None, []
            new.kill()
            new.process.join()

    def end_retired(self) -> None:
        """Kill those who have not ended in time."""
        for each in self._retired:
            if each.worker.process.is_alive() and time.monotonic() >= each.killed_at:
                self._kill(each.worker)
        self._retired = [each for each in self._retired if each.worker.process.is_alive()]

    def handle_ttin(self) -> None:
        """Add a worker."""
        self.processes_num += 1
        self.processes.append(self._start_worker())

    def handle_ttou(self) -> None:
        """Take a worker away, but not the last one."""
        if self.processes_num > 1:
            self.processes_num -= 1
            self._retire(self.processes.pop())

    def _start_worker(self) -> Worker:
        if self._gathering is None:
            worker = Worker(self.config, self.sockets, self._settings, None)
            worker.start()
            return worker
        incoming, outgoing = Pipe(duplex=False)
        worker = Worker(self.config, self.sockets, self._settings, outgoing)
        worker.start()
        # The worker's own is then the last one, and what it sends ends with it.
        outgoing.close()
        self._gathering.listen_to(incoming)
        return worker

    def _retire(self, worker: Worker) -> None:
        worker.terminate()
        patience = self._settings.drain_seconds + self._settings.stop_seconds + MARGIN
        self._retired.append(Retired(worker, time.monotonic() + patience))

    def _all_workers(self) -> list[Worker]:
        starting = [self._replacement.new] if self._replacement else []
        return [*self.processes, *starting, *(each.worker for each in self._retired)]

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
                self._kill(worker)
            worker.process.join()

    def _kill(self, worker: Worker) -> None:
        log.error("Worker %s does not end: it is killed", worker.pid)
        worker.kill()


def supervise(
    config: Config, settings: Settings, sockets: list[socket.socket], metrics_port: "MetricsPort | None" = None
) -> int:
    """Serve with several workers; return the exit status."""
    if metrics_port is None:
        return Supervisor(config, sockets, settings, None).supervise()
    gathering = Gathering()
    metrics_port.serve(gathering.take)
    return Supervisor(config, sockets, settings, gathering).supervise()
