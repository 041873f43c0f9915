"""One page of the rows of a query, and how many rows there are in all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, select

from .reads import Query
from .store import db


class PagedQuery:
    """
    A query that is read page by page; `make` makes of each row what its reader wants.

    `page` selects the columns and, as the last one, the total, of the rows from `offset` on, `limit` of them at most.
    """

    def __init__(self, page: Select[Any], total: Select[Any], make: Callable[..., Any]) -> None:
        self.page = Query(page)
        self.total = Query(total)
        self.make = make

    @classmethod
    def of(cls, query: Select[Any], make: Callable[..., Any], total: Select[Any] | None = None) -> "PagedQuery":
        """Make the two of a query for all rows; where nothing cheaper is named as the total, the rows are counted."""
        counted = _total_of(query) if total is None else total
        page = query.add_columns(counted.scalar_subquery()).limit(bindparam("limit")).offset(bindparam("offset"))
        return cls(page, counted, make)

    def having(self, values: Mapping[str, Any]) -> "Asked":
        """Return this query for some values."""
        return Asked(self, values)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the values that it is asked for."""

    query: PagedQuery
    values: Mapping[str, Any]


def fetch_page(asked: Asked | Select[Any], page: int, per_page: int) -> tuple[list[Any], int]:
    """
    Return the rows of a page, and how many rows there are in all, from one snapshot.

    A select is taken too, and goes through SQLAlchemy: it is written anew each time.
    """
    if not isinstance(asked, Asked):
        return _fetch_selected(asked, page, per_page)
    query = asked.query
    rows = query.page.all({**asked.values, "limit": per_page, "offset": (page - 1) * per_page})
    if rows or page == 1:
        return [query.make(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0
    total = query.total.first(asked.values)
    return [], int(total[0]) if total else 0


def _total_of(query: Select[Any]) -> Select[Any]:
    # A window function would read every column of every matching row; the bare rows are counted from an index.
    bare: Select[Any] = query.order_by(None).with_only_columns(literal_column("1"), maintain_column_froms=True)
    return select(func.count()).select_from(bare.subquery())


def _fetch_selected(query: Select[Any], page: int, per_page: int) -> tuple[list[Any], int]:
    total = _total_of(query).scalar_subquery()
    window = query.add_columns(total.label("total")).limit(per_page).offset((page - 1) * per_page)
    rows = db.session.execute(window).all()
    if rows or page == 1:
        return list(rows), int(rows[0].total) if rows else 0
    return [], int(db.session.scalar(select(total)) or 0)
