"""What the index for search finds is what contains the text, as reading all books finds it."""

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from impl.backends.page_query import fetch_page
from impl.backends.reads import end_reading
from impl.backends.store import db
from impl.books.models import BOOKS
from impl.books.search import BY_PATTERN, BY_PHRASE, BY_READING_ALL, books_containing

from ..stores import add_owner, add_rows, row

# Wildcards, quotes and operators of both indexes, letters that fold to others, and characters of four bytes.
ODD = "%_\\'\"*?^+-:(){}[]ßſßİıÉéσς😀👩🏽‍🚀 "
PIECES = st.sampled_from(["aba", "Ab", "b", "cat", "CAT's", "naïve", "日本語", "и", "NEAR", "OR", *ODD])
TEXTS = st.lists(PIECES, min_size=1, max_size=5).map("".join)
MANY = 120


@st.composite
def searches(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """Draw some books, and a text that one of them may have a part of."""
    books = draw(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
    whole = draw(st.sampled_from([each for pair in books for each in pair]))
    start = draw(st.integers(0, len(whole) - 1))
    part = whole[start : start + draw(st.integers(1, len(whole)))]
    return books, draw(st.sampled_from([part, part.swapcase(), draw(TEXTS)]))


@settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(search=searches())
def test_index_finds_what_contains_the_text(stored: Flask, search: tuple[list[tuple[str, str]], str]) -> None:
    """Rows, order and total are those of a search that reads all books, and those of Python's own."""
    books, text = search
    db.session.execute(delete(BOOKS))
    owner = add_owner()
    add_rows([row(owner, title, author=author) for title, author in books])
    folded = text.casefold()
    expected = [title for title, author in books if folded in title.casefold() or folded in author.casefold()]

    indexed = fetch_page(books_containing(text), 1, 100)
    plain = fetch_page(BY_READING_ALL.having({"text": folded}), 1, 100)
    end_reading()

    assert indexed == plain
    assert ([each.title for each in indexed[0]], indexed[1]) == (expected, len(expected))


def test_each_statement_has_its_texts(stored: Flask, store: str) -> None:
    """Texts with a trigram go to the index, and all others to the statement that reads every book."""
    indexed = BY_PATTERN if store == "postgresql" else BY_PHRASE

    assert books_containing("dun").query is indexed
    assert books_containing("du").query is BY_READING_ALL
    assert books_containing("😀").query is BY_READING_ALL


def test_changed_and_removed_books_leave_the_index(stored: Flask, store: str) -> None:
    """An update and a removal in SQL, a cascade's too, reach the index as they are committed."""
    owner = add_owner()
    add_rows([row(owner, "first light"), row(owner, "second light")])
    db.session.execute(BOOKS.update().where(BOOKS.c.title == "first light").values(search_text="dusk\nada"))
    db.session.commit()

    found = [fetch_page(books_containing(text), 1, 10)[1] for text in ("light", "dusk")]
    end_reading()
    db.session.execute(delete(BOOKS.metadata.tables["users"]))
    db.session.commit()
    left = [fetch_page(books_containing(text), 1, 10)[1] for text in ("light", "dusk")]

    assert (found, left) == ([1, 1], [0, 0])


def test_page_beyond_the_last_has_the_total(stored: Flask) -> None:
    """A page without rows still says how many books there are."""
    owner = add_owner()
    add_rows([row(owner, f"volume {number}") for number in range(5)])

    pages = [fetch_page(books_containing("volume"), page, 2) for page in (1, 3, 4)]

    assert [([each.title for each in rows], total) for rows, total in pages] == [
        (["volume 0", "volume 1"], 5),
        (["volume 4"], 5),
        ([], 5),
    ]
