"""Every exception becomes a problem here, whichever layer raised it."""

import logging

from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import current
from ..backends.database_errors import is_read_only, is_unavailable, name_of
from ..backends.revisions import is_schema_error
from ..problems import Problem, Unavailable, render

log = logging.getLogger(__name__)


class Errors:
    """The last resort: nothing leaves as anything but the one error shape, and no detail of a crash leaves at all."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        has_started = False

        async def noting_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, receive, noting_send)
        except Exception as error:
            if has_started:
                raise
            await _answer(as_problem(error), send)


def as_problem(error: Exception) -> Problem:
    """Turn an exception into the problem that tells it to the client, and log what the client must not see."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DBAPIError) and is_schema_error(error):
        log.error("the database lacks a table or a column: has init-db been run?", exc_info=error)
        return Unavailable()
    if is_unavailable(error):
        log.error("the database is unavailable: %s", name_of(error))
        return Unavailable("The database takes no writes now." if is_read_only(error) else None)
    log.error("unexpected error", exc_info=error)
    return Problem()


async def _answer(problem: Problem, send: Send) -> None:
    status, headers, body = render(problem, current.request.get().request_id)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
