"""Where lines of the log go: each output has a thread and a bounded queue of its own, so that none can hold up another."""

import fcntl
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

# Some megabytes at most; at a hundred requests a second a reader may be away for more than a minute.
MOST_LINES = 10_000
# Lines gather for a moment, since each write makes the event loop wait for the interpreter.
GATHERING = 0.02
PIECE = 65_536
LARGEST_FILE, KEPT_FILES = 10 * 2**20, 10
STDOUT = 1
log = logging.getLogger(__name__)


class Output(Protocol):
    """What a writer writes to; only the writer's thread calls it, and it may block there."""

    name: str
    # How many bytes are handed over at once.
    piece: int

    def write(self, lines: bytes) -> None:
        """
        Write whole lines.

        Raises OSError where they cannot be written.
        """


class LogWriter:
    """A thread that writes lines; adding one never waits, and what finds no room is counted."""

    def __init__(self, output: Output, dropped_line: Callable[[int], bytes]) -> None:
        self._output = output
        self._dropped_line = dropped_line
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        # Also those that a line has told of.
        self.dropped_in_all = 0
        self._is_writing = False
        self._is_failing = False
        self._is_closed = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._write_until_closed, name="log", daemon=True)

    @property
    def name(self) -> str:
        """What it writes to."""
        return self._output.name

    def add(self, line: bytes) -> None:
        """Take a line, or count it as dropped where too many wait."""
        with self._lock:
            if len(self._lines) >= MOST_LINES:
                self._dropped += 1
                self.dropped_in_all += 1
                return
            self._lines.append(line)
            if self._thread.ident is None:
                self._thread.start()
        if not self._wake.is_set():
            self._wake.set()

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, or for some seconds."""
        deadline = time.monotonic() + seconds
        while (self._lines or self._is_writing) and self._thread.is_alive() and time.monotonic() < deadline:
            self._wake.set()
            time.sleep(0.005)

    def close(self, seconds: float) -> None:
        """Flush, and end the thread if it is not stuck in a write."""
        self.flush(seconds)
        self._is_closed = True
        self._wake.set()

    def _write_until_closed(self) -> None:
        while not (self._is_closed and not self._lines):
            self._wake.wait()
            if not self._is_closed:
                time.sleep(GATHERING)
            self._wake.clear()
            self._write_what_waits()

    def _write_what_waits(self) -> None:
        self._is_writing = True
        try:
            while lines := self._take():
                try:
                    self._output.write(b"".join(line + b"\n" for line in lines))
                except OSError as error:
                    self._note_fault(error, len(lines))
                    return
                self._is_failing = False
                self._report_dropped()
        finally:
            self._is_writing = False

    def _note_fault(self, error: OSError, lost: int) -> None:
        """Go on after a full disk or a reader that is gone: the next lines try again, and other outputs say why."""
        with self._lock:
            self._dropped += lost
            self.dropped_in_all += lost
        if not self._is_failing:
            self._is_failing = True
            log.warning("%s cannot be written: %s", self._output.name, error.strerror)

    def _take(self) -> list[bytes]:
        """Take as many lines as one write may hold, and one at least."""
        taken: list[bytes] = []
        size = 0
        with self._lock:
            while self._lines and (not taken or size + len(self._lines[0]) < self._output.piece):
                taken.append(self._lines.popleft())
                size += len(taken[-1]) + 1
        return taken

    def _report_dropped(self) -> None:
        """Write how many lines were dropped, once what waited before them is written."""
        with self._lock:
            if self._lines or not self._dropped:
                return
            count, self._dropped = self._dropped, 0
        try:
            self._output.write(self._dropped_line(count) + b"\n")
        except OSError:
            with self._lock:
                self._dropped += count


class StandardOutput:
    """
    The descriptor itself: no buffer whose lock a stuck thread could hold when the process ends.

    Where several processes share it, no piece is larger than a pipe takes whole, so that no line is torn.
    """

    name = "standard output"

    def __init__(self, is_shared: bool) -> None:
        self.piece = select.PIPE_BUF if is_shared else PIECE
        self._torn = False

    def write(self, lines: bytes) -> None:
        """Write whole lines."""
        try:
            _write_all(STDOUT, b"\n" + lines if self._torn else lines)
        except PartlyWritten:
            self._torn = True
            raise
        self._torn = False


class LogFile:
    """
    A file that several processes may append to; whichever finds it full rotates it, under a lock.

    A file that something else has moved away is made anew.
    """

    name, piece = "LOG_FILE", PIECE

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._torn = False

    def write(self, lines: bytes) -> None:
        """Append whole lines."""
        descriptor = self.open()
        size = os.fstat(descriptor).st_size
        if size and size + len(lines) > LARGEST_FILE:
            self._rotate(descriptor)
            descriptor = self.open()
        try:
            _write_all(descriptor, b"\n" + lines if self._torn else lines)
        except PartlyWritten:
            self._torn = True
            raise
        self._torn = False

    def open(self) -> int:
        """
        Return the descriptor of the file that has the name now.

        Raises OSError.
        """
        if self._descriptor is not None:
            if self._is_in_place(self._descriptor):
                return self._descriptor
            os.close(self._descriptor)
            self._descriptor = None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def _rotate(self, descriptor: int) -> None:
        # The lock lies on the full file itself; who gets it later finds another file in its place.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if not self._is_in_place(descriptor):
                return
            for number in range(KEPT_FILES - 1, 0, -1):
                older = self._numbered(number)
                if older.exists():
                    older.replace(self._numbered(number + 1))
            self._path.replace(self._numbered(1))
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class PartlyWritten(OSError):
    """A write failed in the middle of a line."""


def _write_all(descriptor: int, content: bytes) -> None:
    """
    Write everything, also where one call takes only a part or the descriptor does not block.

    Raises OSError; PartlyWritten where something was written before.
    """
    rest = memoryview(content)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError as error:
            if len(rest) < len(content):
                raise PartlyWritten(error.errno, os.strerror(error.errno or 0)) from None
            raise
