"""What the index for search finds is what contains the text, as reading all books finds it."""

from pathlib import Path

import psycopg
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from impl.backends.page_query import fetch_page
from impl.backends.reads import end_reading
from impl.backends.store import db
from impl.books.models import BOOKS
from impl.books.search import BY_PATTERN, BY_PHRASE, BY_READING_ALL, books_containing
from impl.users.models import User

from ..people import unused_name
from ..stores import add_owner, add_rows, application, new_database, row

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


@settings(max_examples=MANY, deadline=None)
@given(search=searches())
def test_index_finds_what_contains_the_text(stored: Flask, search: tuple[list[tuple[str, str]], str]) -> None:
    """Rows, order and total are those of a search that reads all books, and those of Python's own."""
    books, text = search
    fill(books)

    require_same(books, text)


@pytest.mark.parametrize(
    ("text", "decoy"),
    [
        ("100%abc", "100 or abc"),
        ("abc_def", "abcxdef"),
        ("abc\\def", "abcdef"),
        ("abc\\%", "abc%"),
        ('abc"def', "abcdef"),
        ("abc' def", "abc def"),
        ('"abc"', "abc"),
        ("abc*", "abcd"),
        ("abc OR def", "abc def"),
        ("abc-def", "abc def"),
        ("search_text:abc", "abc"),
        ("^abc", "abc"),
        ("abc + def", "abc def"),
        ("%%%", "abc"),
        ("___", "abc"),
        ("😀😀😀", "😀😀"),
        ("abc😀def", "abcdef"),
        ("STRASSE", "strase"),
        ("étude", "etude"),
        ("日本語", "日本"),
    ],
)
def test_text_is_taken_literally(stored: Flask, text: str, decoy: str) -> None:
    """Of a book that contains the text and one that a wildcard or an operator would find, the first is found."""
    books = [(f"x{text}y", "Ada"), (f"x{decoy}y", "Ada"), ("nothing", f"A {text}")]
    fill(books)

    found = require_same(books, text)

    assert found == [books[0][0], "nothing"]


def fill(books: list[tuple[str, str]]) -> None:
    """Let these be all books, by title and author."""
    db.session.execute(delete(BOOKS))
    owner = db.session.scalar(select(User.id)) or add_owner()
    add_rows([row(owner, title, author=author) for title, author in books])


def require_same(books: list[tuple[str, str]], text: str) -> list[str]:
    """Search with the index and without it, hold both to what Python finds, and return the titles."""
    folded = text.casefold()
    expected = [title for title, author in books if folded in title.casefold() or folded in author.casefold()]
    indexed = fetch_page(books_containing(text), 1, 100)
    plain = fetch_page(BY_READING_ALL.having({"text": folded}), 1, 100)
    end_reading()
    found = [each.title for each in indexed[0]]
    assert indexed == plain
    assert (found, indexed[1]) == (expected, len(expected))
    return found


def test_each_statement_has_its_texts(stored: Flask, store: str) -> None:
    """Texts with a trigram go to the index, and all others to the statement that reads every book."""
    indexed = BY_PATTERN if store == "postgresql" else BY_PHRASE

    assert books_containing("dun").query is indexed
    assert books_containing("du").query is BY_READING_ALL
    assert books_containing("😀").query is BY_READING_ALL


def test_changed_and_removed_books_leave_the_index(stored: Flask) -> None:
    """An update and a removal in SQL, a cascade's too, reach the index as they are committed."""
    fill([])
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


def test_search_without_the_extension_finds_the_same(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where PostgreSQL's user may not make the extension, the migration says so, and a search reads all books."""
    owners = new_database(postgresql)
    name = unused_name("visitor").replace("-", "_")
    with psycopg.connect(owners, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        connection.execute(f"GRANT ALL ON SCHEMA public TO {name}".encode())

    with application(tmp_path, owners.replace("//bookplate@", f"//{name}@")):
        said = capsys.readouterr().err
        add_rows([row(add_owner(), "x100%abcy"), row(add_owner(), "x100 abcy")])
        found, total = fetch_page(books_containing("100%ABC"), 1, 10)

    assert "pg_trgm cannot be had (permission denied" in said
    assert ([each.title for each in found], total) == (["x100%abcy"], 1)
