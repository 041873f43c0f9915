"""The deadline of each request: one that cannot be answered in time is answered 503."""

from types import TracebackType

from ..backends.deadline import Watch, limited
from ..contract.contract import Operation
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

# Shares of REQUEST_TIMEOUT: for the work, and for a commit that has begun. The rest is for the answer itself.
FOR_WORK, FOR_COMMIT = 0.75, 0.15
# An orchestrator that asks for the state of the service waits less long than a client.
FOR_HEALTH = 0.45
HEALTH = "health"
HEALTH_IS_LATE = "database: it did not answer in time."


class begin_deadline:
    """
    Give the work for a request some seconds, as `limited` does, and note that.

    Raises Unavailable or OutcomeUnknown.
    """

    def __init__(self, request: RequestContext, seconds: float, grace: float = 0.0, late: str | None = None) -> None:
        self._request = request
        self._limited = limited(seconds, grace, late)

    async def __aenter__(self) -> Watch:
        """Begin."""
        watch = await self._limited.__aenter__()
        request = self._request
        request.deadline = watch.deadline
        return watch

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""
        await self._limited.__aexit__(kind, error, traceback)


class Deadlines:
    """
    Begins before whatever waits first, and ends when the answer is there: sending it has no deadline.

    Until then a request has only been looked at. Who may wait asks for the rest through this, and one deadline holds for
    all of them.
    """

    def __init__(self, operation: Operation, seconds: float) -> None:
        is_health = HEALTH in operation.raw["tags"]
        self._work = seconds * (FOR_HEALTH if is_health else FOR_WORK)
        self._grace = seconds * FOR_COMMIT
        self._late = HEALTH_IS_LATE if is_health else None

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """
        Answer one request in time.

        Raises Unavailable or OutcomeUnknown.
        """
        if request.deadline is not None:
            return await inner(request)
        async with begin_deadline(request, self._work, self._grace, self._late):
            return await inner(request)
