"""Logs: one JSON object a line, with the id of the request, and nothing secret."""

import json
import logging
import sys
import time
from logging.handlers import RotatingFileHandler

from . import current
from .settings import Settings

FIELDS = ("operation", "user_id", "milliseconds")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, so that no line break from outside can forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        request = current.request.get(None)
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request.request_id if request else None,
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logs(settings: Settings) -> None:
    """Send this package's records to standard output, and to a rotating file where one is set."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if settings.log_file:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(RotatingFileHandler(settings.log_file, maxBytes=10 * 2**20, backupCount=10))
    logger = logging.getLogger("impl")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
    for handler in handlers:
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
    logger.setLevel(settings.log_level)
    logger.propagate = False
