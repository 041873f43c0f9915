"""The log never holds up a request: whatever its reader, its disk or its file does."""

import errno
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from select import PIPE_BUF, select
from typing import Any

import pytest

from impl.logs import JsonLines, configure_logs, stop_logs
from impl.process import log_writing
from impl.process.log_writing import MOST_LINES, LogFile, LogWriter, Output
from impl.settings import SettingsError, load_settings

from ..hanging import full_pipe
from ..reference_server import PATIENCE, Server, environment, serving, serving_into
from ..wire import Client, compose, connect, read_answer

# The old code stopped after 288.
REQUESTS = 600


class Recorder:
    """An output that keeps what it gets, once it is let; or fails."""

    name, piece = "the recorder", 65_536

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.go_on = threading.Event()
        self.fault: OSError | None = None

    def write(self, lines: bytes) -> None:
        """Keep lines."""
        self.go_on.wait(PATIENCE)
        if self.fault:
            raise self.fault
        self.lines.extend(lines.splitlines())


@contextmanager
def writing_to(output: Output) -> Iterator[LogWriter]:
    """Run a writer."""
    writer = LogWriter(output, lambda count: b"dropped %d" % count)
    try:
        yield writer
    finally:
        writer.close(PATIENCE)


def test_reader_that_stops_costs_lines_and_nothing_else() -> None:
    """Nobody waits to add a line; what finds no room is counted, and the count is written when reading goes on."""
    recorder, surplus = Recorder(), 50
    with writing_to(recorder) as writer:
        writer.add(b"first")
        # The thread takes that one and is stuck with it.
        time.sleep(log_writing.GATHERING * 10)
        for number in range(MOST_LINES + surplus):
            writer.add(b"%d" % number)
        recorder.go_on.set()
        writer.flush(PATIENCE)
        writer.add(b"last")

    assert recorder.lines == [b"first", *(b"%d" % number for number in range(MOST_LINES)), b"dropped 50", b"last"]
    assert writer.dropped_in_all == surplus


def test_full_disk_costs_lines_and_nothing_else() -> None:
    """A write that fails raises nowhere; the next one that succeeds is followed by the count of what was lost."""
    recorder = Recorder()
    recorder.go_on.set()
    recorder.fault = OSError(errno.ENOSPC, "No space left on device")
    with writing_to(recorder) as writer:
        for _ in range(3):
            writer.add(b"lost")
            writer.flush(PATIENCE)
        recorder.fault = None
        writer.add(b"kept")
        writer.flush(PATIENCE)

    assert recorder.lines == [b"kept", b"dropped 3"]
    assert writer.dropped_in_all == 3


def test_flush_has_an_end() -> None:
    """An output that never takes anything holds up nobody's end."""
    recorder = Recorder()
    with writing_to(recorder) as writer:
        writer.add(b"stuck")
        started = time.monotonic()
        writer.flush(0.2)
        took = time.monotonic() - started
        recorder.go_on.set()

    assert took < PATIENCE / 2


def test_several_processes_share_a_file_that_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what several write into one file, no line is lost or torn, however often it rotates."""
    monkeypatch.setattr(log_writing, "LARGEST_FILE", 20_000)
    monkeypatch.setattr(log_writing, "KEPT_FILES", 500)
    path = tmp_path / "impl.log"

    def write(who: int) -> None:
        file = LogFile(path)
        for number in range(300):
            file.write(b"%d %d %b\n" % (who, number, b"x" * 100))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    files = list(tmp_path.iterdir())
    lines = [line.split() for file in files for line in file.read_bytes().splitlines()]

    assert len(files) > 3
    assert sorted((int(who), int(number)) for who, number, _ in lines) == [(w, n) for w in range(4) for n in range(300)]
    assert all(file.stat().st_size <= 20_000 + 4 * 200 for file in files)


def test_file_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    """A rotation from outside needs no signal."""
    path = tmp_path / "impl.log"
    file = LogFile(path)
    file.write(b"one\n")
    path.rename(tmp_path / "moved")
    file.write(b"two\n")

    assert ((tmp_path / "moved").read_bytes(), path.read_bytes()) == (b"one\n", b"two\n")


def test_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    """A log file that cannot be opened is a mistake in the settings; the message names the variable."""
    (tmp_path / "file").touch()
    settings = load_settings(environment(tmp_path, LOG_FILE=str(tmp_path / "file" / "impl.log")))
    try:
        with pytest.raises(SettingsError, match=r"^LOG_FILE [^\n]+$"):
            configure_logs(settings)
    finally:
        stop_logs()


def test_no_line_is_longer_than_a_pipe_takes_whole() -> None:
    """Of a long traceback the end is kept, so that workers that share a pipe never tear each other's lines."""
    try:
        raise ValueError("\N{GRINNING FACE}" * 5000 + "the end")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "\N{GRINNING FACE}" * 3000, (), sys.exc_info())
    line = JsonLines().format(record)

    assert len(line) < PIPE_BUF
    assert json.loads(line)["level"] == "ERROR"


def keep_asking(server: Server, count: int) -> list[int]:
    """Send requests on one connection, which makes them quick."""
    request = compose("GET", "/api/health/live")
    with connect(server.port) as connection:
        statuses = []
        for _ in range(count):
            connection.sendall(request)
            statuses.append(read_answer(connection).status)
        return statuses


def read_requests(reader: int, wanted: int) -> list[dict[str, Any]]:
    """Read from a pipe until it held so many requests; each line is JSON, and empty ones filled the pipe before."""
    found: list[dict[str, Any]] = []
    rest = b""
    while len(found) < wanted:
        assert select([reader], [], [], PATIENCE)[0], f"only {len(found)} lines came"
        *lines, rest = (rest + os.read(reader, 65_536)).split(b"\n")
        parsed = [json.loads(line) for line in lines if line]
        found += [line for line in parsed if line["logger"] == "impl.access"]
    return found


def test_pipe_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    """Requests are answered while nobody reads the log; every line is there when somebody does."""
    with full_pipe() as (reader, stdout), serving_into(stdout, tmp_path, LOG_LEVEL="INFO") as server:
        statuses = keep_asking(server, REQUESTS)
        lines = read_requests(reader, REQUESTS)

    assert statuses == [200] * REQUESTS
    assert len(lines) == REQUESTS


def test_reader_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    """Requests are answered where the other end of the pipe is closed, and standard error is not flooded."""
    reader, stdout = os.pipe()
    os.close(reader)
    with serving_into(stdout, tmp_path, LOG_LEVEL="INFO") as server:
        os.close(stdout)
        assert keep_asking(server, 50) == [200] * 50
    assert server.errors.read_text() == ""


def test_full_disk_stops_nothing_and_is_named(tmp_path: Path) -> None:
    """Requests are answered where LOG_FILE takes nothing more; standard output says so, once."""
    with serving(tmp_path, LOG_LEVEL="INFO", LOG_FILE="/dev/full") as server:
        assert keep_asking(server, 50) == [200] * 50
    lines = [json.loads(line) for line in server.output.read_text().splitlines()]
    named = [line["message"] for line in lines if line["logger"] == "impl.process.log_writing"]

    assert named == ["LOG_FILE cannot be written: No space left on device"]
    assert server.errors.read_text() == ""


def test_lines_of_the_server_have_the_same_form(tmp_path: Path) -> None:
    """What uvicorn says of its start, of a request that is no HTTP and of its end is one JSON object a line."""
    with serving(tmp_path, LOG_LEVEL="INFO") as server:
        assert Client(server.port).send(b"this is no HTTP\r\n\r\n").status == 400
    lines = [json.loads(line) for line in server.output.read_text().splitlines()]
    said = {(line["logger"], line["level"], line["message"].split()[0]) for line in lines}

    assert said >= {
        ("uvicorn.error", "INFO", "Started"),
        ("uvicorn.error", "INFO", "Listening"),
        ("uvicorn.error", "WARNING", "Invalid"),
        ("uvicorn.error", "INFO", "Finished"),
    }
    assert server.errors.read_text() == ""
