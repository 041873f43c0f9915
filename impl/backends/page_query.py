"""One page of the rows of a query, and how many rows there are in all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, select

from .reads import Query


class PagedQuery:
    """A query that is read page by page; `make` makes of each row what its reader wants."""

    def __init__(self, query: Select[Any], make: Callable[..., Any]) -> None:
        # A window function would read every column of every matching row; the bare rows are counted from an index.
        bare: Select[Any] = query.order_by(None).with_only_columns(literal_column("1"), maintain_column_froms=True)
        total = select(func.count()).select_from(bare.subquery())
        window = query.add_columns(total.scalar_subquery()).limit(bindparam("limit")).offset(bindparam("offset"))
        self.page = Query(window)
        self.total = Query(total)
        self.make = make

    def having(self, values: Mapping[str, Any]) -> "Asked":
        """Return this query for some values."""
        return Asked(self, values)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the values that it is asked for."""

    query: PagedQuery
    values: Mapping[str, Any]


def fetch_page(asked: Asked, page: int, per_page: int) -> tuple[list[Any], int]:
    """Return the rows of a page, and how many rows there are in all, from one snapshot."""
    query = asked.query
    rows = query.page.all({**asked.values, "limit": per_page, "offset": (page - 1) * per_page})
    if rows or page == 1:
        return [query.make(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0
    total = query.total.first(asked.values)
    return [], int(total[0]) if total else 0
