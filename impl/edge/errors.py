"""Every exception becomes a problem here, whichever layer raised it."""

import logging

from sqlalchemy.exc import DBAPIError

from ..backends.database_errors import is_read_only, is_unavailable, name_of
from ..backends.revisions import is_schema_error
from ..problems import Problem, Unavailable, render
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

log = logging.getLogger(__name__)


async def answer_errors(request: RequestContext, inner: Inner) -> Answer:
    """Be the last resort: nothing leaves as anything but the one error shape, and no detail of a crash leaves at all."""
    try:
        return await inner(request)
    except Exception as error:
        status, headers, body = render(as_problem(error), request.request_id)
        return Answer(status, [(name.lower().encode(), value.encode()) for name, value in headers], body)


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
