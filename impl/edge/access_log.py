"""One line in the log for each request."""

import logging
import time

from ..logs import write_line
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

# What the pages are found under.
KNOWN_PATHS = ("/", "/docs", "/openapi.json")
log = logging.getLogger("impl.access")


async def log_access(request: RequestContext, inner: Inner) -> Answer:
    """Log a request when it is answered, or given up; the status is then 0."""
    started, status = time.perf_counter(), 0
    try:
        answer = await inner(request)
        status = answer.status
        return answer
    finally:
        _log(request, status, time.perf_counter() - started)


def _log(request: RequestContext, status: int, seconds: float) -> None:
    if not log.isEnabledFor(logging.INFO):
        return
    message = f"{request.method} {_path_for_log(request)} {status}"
    write_line(
        log,
        message,
        request_id=request.request_id or None,
        operation=request.operation.id if request.operation else None,
        user_id=request.caller.user_id if request.caller else None,
        milliseconds=round(seconds * 1000, 1),
    )


def _path_for_log(request: RequestContext) -> str:
    """
    Write the path of the operation, or of an unknown path no more than how long it is.

    A client may put anything into a path, a password among it, and the log has no secrets.
    """
    if request.operation is not None:
        return request.operation.contract.base_path + request.operation.path
    path = request.path
    return path if path in KNOWN_PATHS else f"(an unknown path of {len(path)} characters)"
