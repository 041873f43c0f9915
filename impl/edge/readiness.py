"""A server that is about to end is not ready, and no request is answered from tables that are not those of this code."""

from collections.abc import Callable

from ..backends.revisions import SchemaCheck
from ..problems import Unavailable
from ..request_context import RequestContext


def refuse_while_stopping(request: RequestContext) -> None:
    """
    Refuse a request from the moment on in which the server is asked to stop.

    For operations that tell whether the server is ready. On the event loop: behind it a request may wait for a thread,
    and threads for a database that hangs. Raises Unavailable.
    """
    if request.stopping.has_begun:
        raise Unavailable("The service is stopping: ask another instance.")


def refusing_other_tables(schema: SchemaCheck) -> Callable[[RequestContext], None]:
    """Make the function that is asked in the thread before each handler; it raises Unavailable."""

    def check(_request: RequestContext) -> None:
        schema.require_once_current()

    return check
