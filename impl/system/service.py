"""Whether the service can work."""

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from ..database_errors import is_unavailable
from ..parts import Parts
from ..problems import Unavailable
from ..revisions import SchemaCheck
from ..store import db
from ..writability import takes_writes


def health(parts: Parts) -> dict[str, object]:
    """
    Tell the state of each component.

    Raises Unavailable where the database cannot be reached, cannot be written or has other tables.
    """
    _check_database(parts.schema)
    aids = {"limiter": _state(parts.limits.is_counting), "cache": _state(parts.cache.is_keeping)}
    status = "ok" if set(aids.values()) == {"ok"} else "degraded"
    return {"status": status, "components": {"database": "ok", **aids}}


def _state(works: Callable[[], bool]) -> str:
    # A fault of an aid is what this asks for, whatever its kind; it must not become a fault of the service.
    try:
        return "ok" if works() else "fault"
    except Exception:
        return "fault"


def _check_database(schema: SchemaCheck) -> None:
    try:
        schema.require_current()
        # It begins a transaction of its own.
        db.session.rollback()
        with db.engine.connect() as connection:
            can_write = takes_writes(connection)
    except SQLAlchemyError as error:
        if is_unavailable(error):
            raise Unavailable("database: it cannot be reached.") from None
        raise
    finally:
        db.session.rollback()
    if not can_write:
        raise Unavailable("database: it cannot be written.")
