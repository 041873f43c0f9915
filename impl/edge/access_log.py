"""One line in the log for each request."""

import logging
import time

from ..logs import write_line
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner
from .request_names import method_of, route_of
from .trace_context import traceparent_of

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
    route = route_of(request)
    path = route or f"(an unknown path of {len(request.path)} characters)"
    traceparent = traceparent_of(request)
    write_line(
        log,
        f"{request.method} {path} {status}",
        request_id=request.request_id or None,
        method=method_of(request),
        route=route,
        status=status,
        address=request.address or None,
        operation=request.operation.id if request.operation else None,
        user_id=request.caller.user_id if request.caller else None,
        milliseconds=round(seconds * 1000, 1),
        **({"traceparent": traceparent} if traceparent else {}),
    )
