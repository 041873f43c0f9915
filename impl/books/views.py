"""Views: a 200 of `get_book` counts one, in memory first and in the store within seconds."""

from collections import Counter
from threading import Lock

from sqlalchemy import bindparam, update

from ..backends.store import db
from ..backends.transactions import committing
from ..problems import OutcomeUnknown
from .models import Book

SECONDS_BETWEEN_FLUSHES = 5
BOOKS = Book.metadata.tables[Book.__tablename__]
ADD = update(BOOKS).where(BOOKS.c.id == bindparam("book")).values(views=BOOKS.c.views + bindparam("more"))


class ViewCounter:
    """The views that the store does not know yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[int] = Counter()

    def count(self, book_id: int) -> None:
        """Count one view of a book that was answered."""
        with self._lock:
            self._counts[book_id] += 1

    def flush(self) -> None:
        """
        Add the views to the store; what cannot be written now is kept for the next time.

        Raises OutcomeUnknown where they may have been written: views may be lost, and are never counted twice.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            connection = db.session.connection(execution_options={"writes": True})
            connection.execute(ADD, [{"book": book_id, "more": views} for book_id, views in sorted(counts.items())])
            with committing():
                db.session.commit()
        except OutcomeUnknown:
            db.session.rollback()
            raise
        except Exception:
            db.session.rollback()
            with self._lock:
                self._counts += counts
            raise
