"""Searching: a text in any case, anywhere in title or author."""

from sqlalchemy import ColumnElement, Integer, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from .models import BOOKS


def search_text(title: str, author: str) -> str:
    """Return what a search looks in; the line break keeps a match from spanning both."""
    return f"{title}\n{author}".casefold()


def contains(folded: ColumnElement[str]) -> ColumnElement[bool]:
    """Match the books that contain a text, taken literally; its case is folded."""
    return position_in(BOOKS.c.search_text, folded) > 0


class position_in(GenericFunction[int]):
    """Where a text stands in another, from 1, or 0; it knows no wildcards to escape."""

    type = Integer()
    inherit_cache = True


@compiles(position_in)
def _compile_position_in(element: position_in, compiler, **options):  # type: ignore[no-untyped-def]
    function = func.strpos if compiler.dialect.name == "postgresql" else func.instr
    return compiler.visit_function(function(*element.clauses), **options)
