"""One page of the rows of a query, and how many rows there are in all."""

from typing import Any

from sqlalchemy import Select, func, literal_column, select

from .store import db


def fetch_page(query: Select[Any], page: int, per_page: int) -> tuple[list[Any], int]:
    """Return the rows of a page, and how many rows there are in all, from one snapshot."""
    # A window function would read every column of every matching row; the bare rows are counted from an index.
    bare: Select[Any] = query.order_by(None).with_only_columns(literal_column("1"), maintain_column_froms=True)
    total = select(func.count()).select_from(bare.subquery()).scalar_subquery()
    window = query.add_columns(total.label("total")).limit(per_page).offset((page - 1) * per_page)
    rows = db.session.execute(window).all()
    if rows or page == 1:
        return list(rows), int(rows[0].total) if rows else 0
    return [], int(db.session.scalar(select(total)) or 0)
