"""Which tables and indexes the models describe; all others are made by migrations alone."""

from typing import Any

# The index for search: SQLite's is a virtual table with tables of its own, and PostgreSQL's is there where it can be had.
SEARCH_TABLES, SEARCH_INDEX = "book_search", "ix_books_search_text"


def is_described(_object: Any, name: str | None, kind: str, _reflected: bool, _compared_to: Any) -> bool:
    """Tell Alembic, which compares models with a database, whether it has to look at an object."""
    is_of_search = name == SEARCH_INDEX if kind == "index" else kind == "table" and str(name).startswith(SEARCH_TABLES)
    return not is_of_search
