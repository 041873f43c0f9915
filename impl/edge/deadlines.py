"""The deadline of each request: one that cannot be answered in time is answered 503."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..backends.deadline import limited
from ..contract.contract import Operation

# Shares of REQUEST_TIMEOUT: for the work, and for a commit that has begun. The rest is for the answer itself.
FOR_WORK, FOR_COMMIT = 0.75, 0.15
# An orchestrator that asks for the state of the service waits less long than a client.
FOR_HEALTH = 0.45
HEALTH = "health"
HEALTH_IS_LATE = "database: it did not answer in time."


class Deadlines:
    """Begins when the whole request was read, and ends when the answer begins."""

    def __init__(self, app: ASGIApp, operation: Operation, seconds: float) -> None:
        self.app = app
        is_health = HEALTH in operation.raw["tags"]
        self._work = seconds * (FOR_HEALTH if is_health else FOR_WORK)
        self._grace = seconds * FOR_COMMIT
        self._late = HEALTH_IS_LATE if is_health else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Answer one request.

        Raises Unavailable or OutcomeUnknown.
        """
        async with limited(self._work, self._grace, self._late) as watch:

            async def send_without_deadline(message: Message) -> None:
                watch.stop()
                await send(message)

            await self.app(scope, receive, send_without_deadline)
