"""Logs: one JSON object a line, with the id of the request, and nothing secret."""

import json
import logging
import time
from functools import lru_cache
from pathlib import Path
from select import PIPE_BUF
from typing import Any

from . import request_context
from .process.log_writing import LogFile, LogWriter, StandardOutput
from .settings import Settings, SettingsError

# What a record may carry beside its message, in this order.
FIELDS = (
    "method",
    "route",
    "status",
    "address",
    "operation",
    "user_id",
    "milliseconds",
    "traceparent",
    "dropped",
)
# Everything that speaks while the service runs: itself, its server, and the libraries that report faults.
LOGGERS = ("impl", "uvicorn", "asyncio", "connexion", "sqlalchemy")
OWN_LOGGERS = ("impl", "uvicorn")
# Several processes share one output: up to this many bytes a pipe takes in one piece (POSIX, write).
LONGEST_LINE = PIPE_BUF
# How long the end of a process waits for a reader of its log.
LAST_SECONDS = 1.0
ELLIPSIS = "..."


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, so that no line break from outside can forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line = {
            "time": _moment(int(record.created), int(record.msecs)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_context.current_id(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _fitting(line)


class BackgroundHandler(logging.Handler):
    """Formats a record where it is made, and leaves the writing to a thread: nobody who logs ever waits for a reader."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line over, or count it where too many wait."""
        try:
            self._writer.add(self.format(record).encode())
        except Exception:
            self.handleError(record)

    @property
    def writer(self) -> LogWriter:
        """What writes the lines."""
        return self._writer

    def write(self, line: bytes) -> None:
        """Hand over a line that is formatted already."""
        self._writer.add(line)

    def flush(self) -> None:
        """Wait for what was handed over, but not for long: nobody may be reading."""
        self._writer.flush(LAST_SECONDS)

    def close(self) -> None:
        """End the thread, as soon as it has written what it has or after a moment."""
        self._writer.close(LAST_SECONDS)
        super().close()


def configure_logs(settings: Settings) -> None:
    """
    Send all records to standard output, and to a rotating file where one is set.

    Raises SettingsError where that file cannot be written.
    """
    stop_logs()
    writers = [LogWriter(StandardOutput(settings.workers > 1), _dropped)]
    if settings.log_file:
        writers.append(LogWriter(_open(settings.log_file), _dropped))
    handlers = [BackgroundHandler(writer) for writer in writers]
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = handlers
        logger.propagate = False
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(settings.log_level)


def write_line(logger: logging.Logger, message: str, **fields: Any) -> None:
    """
    Log a message and fields at INFO, as the logger would: there are as many such lines as there are requests.

    A record, the search for the line of code that made it, and its formatting take longer than most of what is logged.
    """
    handlers = logging.getLogger(OWN_LOGGERS[0]).handlers
    writers = [handler for handler in handlers if isinstance(handler, BackgroundHandler)]
    if not writers or len(writers) < len(handlers):
        logger.info(message, extra=fields)
        return
    now = time.time()
    moment = _moment(int(now), int(now % 1 * 1000))
    line = {"time": moment, "level": "INFO", "logger": logger.name, "message": message, **fields}
    text = _fitting(line).encode()
    for writer in writers:
        writer.write(text)


def dropped_lines() -> dict[str, int]:
    """Return how many lines each output of this process has not written, by its name."""
    handlers = logging.getLogger(OWN_LOGGERS[0]).handlers
    writers = [handler.writer for handler in handlers if isinstance(handler, BackgroundHandler)]
    return {writer.name: writer.dropped_in_all for writer in writers}


def _moment(seconds: int, milliseconds: int) -> str:
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def stop_logs() -> None:
    """Write what waits, for at most a moment, and end the threads that write."""
    handlers: dict[logging.Handler, None] = {}
    for name in LOGGERS:
        logger = logging.getLogger(name)
        for handler in [each for each in logger.handlers if isinstance(each, BackgroundHandler)]:
            handlers[handler] = None
            logger.removeHandler(handler)
    for each in handlers:
        each.close()


def _open(path: Path) -> LogFile:
    file = LogFile(path)
    try:
        file.open()
    except OSError as error:
        raise SettingsError(f"LOG_FILE cannot be written: {error.strerror}") from None
    return file


def _dropped(count: int) -> bytes:
    message = "%d lines of the log were dropped: nobody read it, or it could not be written"
    record = logging.LogRecord("impl.logs", logging.WARNING, "", 0, message, (count,), None)
    record.dropped = count
    return JsonLines().format(record).encode()


def _fitting(line: dict[str, Any]) -> str:
    """Write a line no longer than a pipe takes in one piece; of a long traceback the end is kept."""
    text = json.dumps(line)
    for name, cut in (("exception", _without_start), ("message", _without_end)):
        # A character may take twelve bytes when it is escaped, so what is too much is cut off step by step.
        while len(text) >= LONGEST_LINE and len(line.get(name, "")) > len(ELLIPSIS):
            line[name] = cut(line[name], (len(text) - LONGEST_LINE) // 12 + len(ELLIPSIS) + 1)
            text = json.dumps(line)
    return text


def _without_start(text: str, count: int) -> str:
    return ELLIPSIS + text[count + len(ELLIPSIS) :]


def _without_end(text: str, count: int) -> str:
    return text[: max(0, len(text) - count - len(ELLIPSIS))] + ELLIPSIS
