"""Whether the service can work."""

from collections.abc import Callable
from concurrent.futures import wait

from sqlalchemy.exc import SQLAlchemyError

from ..backends import deadline
from ..backends.cache import AnswerCache
from ..backends.connections import repeating
from ..backends.database_errors import is_unavailable
from ..backends.generations import EVERYTHING
from ..backends.revisions import SchemaCheck
from ..backends.store import db, writing
from ..backends.writability import takes_writes
from ..problems import Unavailable
from ..services import Services

# Seconds to wait for limiter and cache, and what share of the time that is left that may be.
LONGEST_CHECK, SHARE_OF_CHECKS = 0.4, 0.5


def clear_cache(cache: AnswerCache, seconds: float = 0.5) -> bool:
    """
    Have nothing found again that was kept; tell whether its room is free too, for which there are some seconds.

    What a shared cache holds counts no more once the store has a new generation, whether Redis can be reached or not.
    Raises what `writing` raises.
    """
    if cache.is_remote:
        with writing((EVERYTHING,)):
            pass
    else:
        cache.advance((EVERYTHING,))
    return cache.free_room(seconds)


def health(services: Services) -> dict[str, object]:
    """
    Tell the state of each component.

    Raises Unavailable where the database cannot be reached, cannot be written or has other tables.
    """
    _check_database(services.schema)
    aids = _states(services, {"limiter": services.limits.is_counting, "cache": services.cache.is_keeping})
    status = "ok" if set(aids.values()) == {"ok"} else "degraded"
    return {"status": status, "components": {"database": "ok", **aids}}


def _states(services: Services, checks: dict[str, Callable[[], bool]]) -> dict[str, str]:
    """Ask the aids, all at once and in a share of the time that is left: one that is slow is a fault, and no 503."""
    present = deadline.current()
    seconds = LONGEST_CHECK if present is None else min(LONGEST_CHECK, SHARE_OF_CHECKS * present.seconds_left())
    if not services.limits.is_remote:
        return {name: _state(works) for name, works in checks.items()}
    asked = {name: services.workers.checks.submit(works) for name, works in checks.items()}
    ended, late = wait(asked.values(), timeout=seconds)
    for check in late:
        check.cancel()
    if late:
        services.redis.begin("it is slow")
    return {name: _state(check.result) if check in ended else "fault" for name, check in asked.items()}


def _state(works: Callable[[], bool]) -> str:
    # A fault of an aid is what this asks for, whatever its kind; it must not become a fault of the service.
    try:
        return "ok" if works() else "fault"
    except Exception:
        return "fault"


def _check_database(schema: SchemaCheck) -> None:
    try:
        can_write = _takes_writes(schema)
    except SQLAlchemyError as error:
        if is_unavailable(error):
            raise Unavailable("database: it cannot be reached.") from None
        raise
    if not can_write:
        raise Unavailable("database: it cannot be written.")


@repeating
def _takes_writes(schema: SchemaCheck) -> bool:
    try:
        schema.require_current()
    finally:
        # What follows begins a transaction of its own.
        db.session.rollback()
    with db.engine.connect() as connection:
        return takes_writes(connection)
