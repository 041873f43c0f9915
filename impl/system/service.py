"""Whether the service can work."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, wait
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from ..backends import deadline
from ..backends.cache import AnswerCache
from ..backends.connections import repeating
from ..backends.database_errors import is_unavailable
from ..backends.generations import EVERYTHING
from ..backends.outage import Outage
from ..backends.revisions import SchemaCheck
from ..backends.store import db
from ..backends.transactions import Store
from ..backends.writability import takes_writes
from ..problems import Unavailable

# Seconds to wait for limiter and cache, and what share of the time that is left that may be.
LONGEST_CHECK, SHARE_OF_CHECKS = 0.4, 0.5
Check = Callable[[], bool]


def clear_cache(cache: AnswerCache, store: Store, seconds: float = 0.5) -> bool:
    """
    Have nothing found again that was kept; tell whether its room is free too, for which there are some seconds.

    What a shared cache holds counts no more once the store has a new generation, whether Redis can be reached or not.
    Raises what `writing` raises.
    """
    if cache.is_remote:
        with store.writing((EVERYTHING,)):
            pass
    else:
        cache.advance((EVERYTHING,))
    return cache.free_room(seconds)


class Health:
    """Looks at the database, and at the components that the service can do without."""

    def __init__(self, schema: SchemaCheck, optional: Mapping[str, Check], bounded: "BoundedChecks | None") -> None:
        self._schema = schema
        self._optional = optional
        self._bounded = bounded

    def look(self) -> dict[str, object]:
        """
        Tell the state of each component.

        Raises Unavailable where the database cannot be reached, cannot be written or has other tables.
        """
        _check_database(self._schema)
        if self._bounded:
            states = self._bounded.states(self._optional)
        else:
            states = {name: _state(works) for name, works in self._optional.items()}
        status = "ok" if set(states.values()) == {"ok"} else "degraded"
        return {"status": status, "components": {"database": "ok", **states}}


@dataclass(frozen=True)
class BoundedChecks:
    """Asks components that processes share and that may hang: in threads, and with a bound."""

    outage: Outage
    threads: Executor

    def states(self, components: Mapping[str, Check]) -> dict[str, str]:
        """Ask all at once and in a share of the time that is left: one that is slow is a fault, and no 503."""
        present = deadline.current()
        seconds = LONGEST_CHECK if present is None else min(LONGEST_CHECK, SHARE_OF_CHECKS * present.seconds_left())
        asked = {name: self.threads.submit(works) for name, works in components.items()}
        ended, late = wait(asked.values(), timeout=seconds)
        for check in late:
            check.cancel()
        if late:
            self.outage.begin("it is slow")
        return {name: _state(check.result) if check in ended else "fault" for name, check in asked.items()}


def _state(works: Check) -> str:
    # A fault of a component is what this asks for, whatever its kind; it must not become a fault of the service.
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
