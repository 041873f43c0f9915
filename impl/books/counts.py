"""
How many books there are, from counts that the database keeps in the transaction of each write.

Counting reads every row, and is asked for with every page. Triggers keep the counts, so that nothing that writes
books can forget them, not even a cascade.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
)

from ..backends.reads import Query
from ..backends.transactions import Store
from .models import BOOKS, BookCount

COUNTS = BookCount.metadata.tables[BookCount.__tablename__]
NUMBER = func.coalesce(func.sum(COUNTS.c.number), 0)
# The kinds that have few values; an author is one of very many.
SHOWN = ("all", "views", "genre", "decade")
# The value that stands for each book where the triggers count it by value; the empty text stands for none.
VALUES: dict[str, ColumnElement[Any]] = {
    "genre": func.coalesce(BOOKS.c.genre, ""),
    "decade": func.coalesce(cast(BOOKS.c.published_year // 10 * 10, String), ""),
    "author": BOOKS.c.author,
}
Counts = dict[str, dict[str, int]]


def _is(kind: str) -> ColumnElement[bool]:
    # Written into the statement, where the planner sees it.
    return COUNTS.c.kind == literal_column(f"'{kind}'")


ALL_SHOWN = Query(
    select(COUNTS.c.kind, COUNTS.c.value, NUMBER).where(or_(*map(_is, SHOWN))).group_by(COUNTS.c.kind, COUNTS.c.value)
)


def kept_total(filters: tuple[str, ...]) -> Select[Any] | None:
    """
    Return what selects the number of books that match some filters, which has the filter's value by the filter's name.

    None where no count is kept: those books have to be counted.
    """
    if not filters:
        return select(NUMBER).where(_is("all"))
    if filters in (("genre",), ("author",)):
        return select(NUMBER).where(_is(filters[0]), COUNTS.c.value == bindparam(filters[0]))
    return None


def read_counts() -> Counts:
    """Return the numbers by kind and value, of all kinds that have few values; what there is none of is left out."""
    counts: Counts = {kind: {} for kind in SHOWN}
    for kind, value, number in ALL_SHOWN.all():
        if number:
            counts[kind][value] = int(number)
    return counts


def recount(store: Store) -> int:
    """
    Count all books, put right what differs, and return how many counts did; nobody else writes books meanwhile.

    Raises what `writing` raises.
    """
    with store.writing({"books"}) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE books, book_counts IN SHARE ROW EXCLUSIVE MODE"))
        kept, true = _kept(session), _true(session)
        wrong = {key for key in kept.keys() | true.keys() if kept.get(key, 0) != true.get(key, 0)}
        if wrong:
            session.execute(delete(COUNTS))
        for (kind, value), number in true.items() if wrong else ():
            session.execute(insert(COUNTS).values(kind=kind, value=value, stripe=0, number=number))
        for kind, value in kept.keys() - true.keys():  # stripes that make up for each other
            session.execute(delete(COUNTS).where(COUNTS.c.kind == kind, COUNTS.c.value == value))
        return len(wrong)


def _kept(session: Any) -> dict[tuple[str, str], int]:
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    for kind, value, number in session.execute(select(COUNTS.c.kind, COUNTS.c.value, COUNTS.c.number)):
        numbers[kind, value] += number
    return numbers


def _true(session: Any) -> dict[tuple[str, str], int]:
    books, views = session.execute(
        select(func.count(), func.coalesce(func.sum(BOOKS.c.views), 0)).select_from(BOOKS)
    ).one()
    numbers = {("all", ""): int(books), ("views", ""): int(views)}
    for kind, of in VALUES.items():
        # By its place: an expression with values of its own would be another one in GROUP BY.
        grouped = select(of, func.count()).select_from(BOOKS).group_by(literal_column("1"))
        numbers |= {(kind, value): number for value, number in session.execute(grouped)}
    return numbers
