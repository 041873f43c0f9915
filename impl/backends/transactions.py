"""Transactions that write, and the problems that their errors are."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from ..problems import Conflict, KeyInFlight, OutcomeUnknown, Problem, Unavailable, fault
from . import deadline
from .cache import AnswerCache
from .database_errors import is_missing_parent, is_read_only, is_unique_violation
from .generations import EVERYTHING, new_name, slots_to_advance
from .reads import end_reading
from .store import CacheGeneration, db


class Store:
    """Transactions that write; with them goes whatever the cache keeps of what they touch."""

    def __init__(self, cache: AnswerCache, *, has_one_writer: bool = False) -> None:
        self._cache = cache
        # A database with one writer has others ask again and again, with longer and longer pauses, so that some would
        # ask in vain until their deadline. Here they wait in one row.
        self._turn = RLock() if has_one_writer else None

    @contextmanager
    def writing(
        self, touches: Collection[str] = (EVERYTHING,), missing_parent: type[Problem] | None = None
    ) -> Iterator[Any]:
        """
        Open a transaction that writes; commit it at the end, and let no cached answer outlive it that shows what it touches.

        `touches` are names as in generations.py; they are read at the end, so that a set may be filled on the way.
        Raises Conflict where a unique value is taken, and `missing_parent` where a new row refers to one that is gone:
        what that means, the caller knows.
        """
        # What was read so far is of another snapshot, and its connection is free for others.
        end_reading()
        db.session.rollback()
        with self._turn_to_write():
            yield from self._transaction(touches, missing_parent)

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """
        Wait for whoever writes, where the database has one writer at a time.

        Raises Unavailable where the deadline of the request ends before.
        """
        if self._turn is None:
            yield
            return
        present = deadline.current()
        if present is None:
            self._turn.acquire()
        elif not self._turn.acquire(timeout=max(present.seconds_left(), 0)):
            raise Unavailable()
        try:
            yield
        finally:
            self._turn.release()

    def _transaction(self, touches: Collection[str], missing_parent: type[Problem] | None) -> Iterator[Any]:
        db.session.connection(execution_options={"writes": True})
        try:
            yield db.session
            if self._cache.is_remote:
                # Last, since other writers may wait for these rows; in the transaction, so that no fault of Redis can
                # lose it.
                _advance_shared(slots_to_advance(touches))
            with committing():
                db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            if is_unique_violation(error):
                raise _conflict(error) from None
            if missing_parent and is_missing_parent(error):
                raise missing_parent() from None
            # Any other constraint is held by the code itself: that it was broken is a mistake here.
            raise
        except OutcomeUnknown:
            db.session.rollback()
            # It may have been applied, or will be: what was kept of it, or is kept before that, must not be found again.
            self._cache.doubt(touches)
            raise
        except BaseException:
            db.session.rollback()
            raise
        self._cache.advance(touches)


def _advance_shared(slots: Sequence[int]) -> None:
    if not slots:
        return
    rows = CacheGeneration.id.in_(slots)
    if len(slots) > 1:
        # In one order, so that two writers wait for each other instead of meeting crosswise.
        db.session.execute(select(CacheGeneration.id).where(rows).order_by(CacheGeneration.id).with_for_update())
    db.session.execute(update(CacheGeneration).where(rows).values(name=new_name()))


@contextmanager
def committing() -> Iterator[None]:
    """
    Agree with the awaiting side that a commit begins.

    Raises Unavailable if the request was given up, and OutcomeUnknown if the connection is lost in the middle.
    """
    request_deadline = deadline.current() or deadline.Deadline(0)
    request_deadline.begin_commit()
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated and not is_read_only(error):
            raise OutcomeUnknown() from error
        request_deadline.end_commit(was_applied=False)
        raise
    request_deadline.end_commit(was_applied=True)


def _conflict(error: IntegrityError) -> Problem:
    # PostgreSQL's message repeats the values, which may hold any name; SQLite's has the columns alone.
    diagnosis = getattr(error.orig, "diag", None)
    text = str(diagnosis.constraint_name) if diagnosis else str(error.orig)
    if "kept_answers" in text:
        return KeyInFlight()
    unique = [column for table in db.metadata.tables.values() for column in table.columns if column.unique]
    broken = [each for each in unique if text.endswith((str(each), f"uq_{each.table}_{each.name}"))]
    taken = [each.name.removesuffix("_key") for each in broken]
    faults = [fault(f"/{name}", "taken", f"Another object has this {name}.") for name in taken]
    return Conflict(faults=faults)
