"""
Searching: a text in any case, anywhere in title or author.

What is found is what contains the text, whichever of three statements finds it. An index of trigrams serves texts that
have one; any other text, such as one of two letters, is looked for in every book.
"""

import re

from sqlalchemy import ColumnElement, Integer, String, bindparam, column, func, literal_column, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from ..backends.page_query import Asked, PagedQuery
from ..backends.store import db
from .models import BOOKS, COLUMNS, BookRow

LENGTH_OF_TRIGRAM = 3
# pg_trgm makes trigrams of letters and digits alone.
HAS_TRIGRAM = re.compile(rf"[^\W_]{{{LENGTH_OF_TRIGRAM}}}")


class position_in(GenericFunction[int]):
    """Where a text stands in another, from 1, or 0; it knows no wildcards to escape."""

    type = Integer()
    inherit_cache = True


@compiles(position_in)
def _compile_position_in(element: position_in, compiler, **options):  # type: ignore[no-untyped-def]
    function = func.strpos if compiler.dialect.name == "postgresql" else func.instr
    return compiler.visit_function(function(*element.clauses), **options)


def _by_reading_all() -> PagedQuery:
    """Return the query that looks into one book after the other, for a `text`."""
    has_text = position_in(BOOKS.c.search_text, bindparam("text")) > 0
    return PagedQuery.of(select(*COLUMNS).where(has_text).order_by(BOOKS.c.id), BookRow)


def _by_phrase() -> PagedQuery:
    """Return the query that asks SQLite's FTS5 for a `phrase`: trigrams in their order are the text itself."""
    trigrams = table("book_search", column("rowid", Integer))
    has_phrase: ColumnElement[bool] = literal_column("book_search", String).op("MATCH", is_comparison=True)(
        bindparam("phrase")
    )
    # The index has its rows by ascending id. It comes first, or each book would be looked up in it.
    rows = trigrams.join(BOOKS, BOOKS.c.id == trigrams.c.rowid)
    query = select(*COLUMNS).select_from(rows).where(has_phrase).order_by(trigrams.c.rowid)
    return PagedQuery.of(query, BookRow, select(func.count()).select_from(trigrams).where(has_phrase))


def _by_pattern() -> PagedQuery:
    """
    Return the query that asks PostgreSQL's pg_trgm for a `pattern`.

    All matches are found first, as they are counted anyway. PostgreSQL would else read all books by id, in the hope of
    meeting enough matches soon, where it knows too little of the pattern.
    """
    matches = select(BOOKS.c.id).where(BOOKS.c.search_text.like(bindparam("pattern")))
    found = matches.cte("found").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(found)
    ids = select(found.c.id).order_by(found.c.id).limit(bindparam("limit")).offset(bindparam("offset"))
    page = select(*COLUMNS, total.scalar_subquery()).where(BOOKS.c.id.in_(ids)).order_by(BOOKS.c.id)
    return PagedQuery(page, total, BookRow)


BY_READING_ALL, BY_PHRASE, BY_PATTERN = _by_reading_all(), _by_phrase(), _by_pattern()


def search_text(title: str, author: str) -> str:
    """Return what a search looks in; the line break keeps a match from spanning both."""
    return f"{title}\n{author}".casefold()


def books_containing(text: str) -> Asked:
    """Return what to ask the store for the books that contain a text, taken literally; its case is folded."""
    folded = text.casefold()
    if db.engine.dialect.name == "postgresql":
        if HAS_TRIGRAM.search(folded):
            return BY_PATTERN.having({"pattern": f"%{_without_wildcards(folded)}%"})
    elif len(folded) >= LENGTH_OF_TRIGRAM:
        return BY_PHRASE.having({"phrase": '"' + folded.replace('"', '""') + '"'})
    return BY_READING_ALL.having({"text": folded})


def _without_wildcards(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
