"""A server that is about to end is not ready, and no request is answered from tables that are not those of this code."""

from collections.abc import Callable

from .. import request_context
from ..backends.revisions import SchemaCheck
from ..problems import Unavailable
from ..request_context import RequestContext


async def refuse_while_stopping(request: RequestContext) -> None:
    """
    Refuse a request from the moment on in which the server is asked to stop.

    For operations that tell whether the server is ready. On the event loop: behind it a request may wait for a thread,
    and threads for a database that hangs. Raises Unavailable.
    """
    if request.stopping.has_begun:
        raise Unavailable("The service is stopping: ask another instance.")


def refusing_other_tables(schema: SchemaCheck) -> Callable[[], None]:
    """Make the function that Flask runs before each handler; it raises Unavailable."""

    def check() -> None:
        operation = request_context.current().operation
        # Liveness asks no database, and readiness looks for itself each time.
        if operation is not None and "health" not in operation.raw["tags"]:
            schema.require_once_current()

    return check
