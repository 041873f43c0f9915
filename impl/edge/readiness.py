"""A server that is about to end is not ready, and no request is answered from tables that are not those of this code."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from .. import current
from ..backends.revisions import SchemaCheck
from ..contract.contract import Operation
from ..problems import Unavailable
from ..process.stopping import is_stopping
from ..services import Services


class Readiness:
    """
    Refuses the operations that tell whether the server is ready, from the moment on in which it is asked to stop.

    Here, on the event loop: behind it a request may wait for a thread, and threads for a database that hangs.
    """

    def __init__(self, app: ASGIApp, operation: Operation, services: Services) -> None:
        self.app = app
        self.operation = operation
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Answer one request.

        Raises Unavailable.
        """
        if self.operation.id in self.services.refused_while_stopping and is_stopping(scope):
            current.request.get().operation = self.operation
            raise Unavailable("The service is stopping: ask another instance.")
        await self.app(scope, receive, send)


def refusing_other_tables(schema: SchemaCheck) -> Callable[[], None]:
    """Make the function that Flask runs before each handler; it raises Unavailable."""

    def check() -> None:
        operation = current.request.get().operation
        # Liveness asks no database, and readiness looks for itself each time.
        if operation is not None and "health" not in operation.raw["tags"]:
            schema.require_once_current()

    return check
