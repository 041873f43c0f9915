"""Sample books: the same each time, added where they are missing, and never in production."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy import func, select, text

from impl.backends.store import db
from impl.books.models import Book
from impl.books.schemas import dump_book, load_book
from impl.cli import command_line_app
from impl.settings import load_settings

from ..reference_server import DOCUMENT, environment, with_tables

SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"


def make_app(folder: Path, **settings: str) -> Flask:
    """Make the application with the commands, its state in a folder."""
    folder.mkdir(exist_ok=True)
    return command_line_app(load_settings(with_tables(environment(folder, DOCUMENT, **settings))))


@pytest.fixture(name="app")
def _app(tmp_path: Path) -> Flask:
    return make_app(tmp_path / "one")


def seed(app: Flask, books: int) -> Result:
    """Run seed-db."""
    return app.test_cli_runner().invoke(
        FlaskGroup(create_app=lambda: app, load_dotenv=False), ["seed-db", "--books", str(books)]
    )


def contents(app: Flask) -> list[dict[str, Any]]:
    """Return every book but for its times."""
    with app.app_context():
        rows = db.session.execute(select(*Book.__table__.columns).order_by(Book.id)).all()
        return [dump_book(row) | {"created_at": "", "updated_at": ""} for row in rows]


def test_samples_are_the_same_each_time(app: Flask, tmp_path: Path) -> None:
    """Two databases get the same books, and fewer books are the first of more."""
    other = make_app(tmp_path / "two")
    assert (seed(app, 30).exit_code, seed(other, 20).exit_code) == (0, 0)

    assert contents(app)[:20] == contents(other)
    assert len({each["isbn"] for each in contents(app)}) == 30


def test_running_again_changes_nothing_and_more_adds_the_rest(app: Flask) -> None:
    """seed-db brings the samples up to a number, and leaves what is there."""
    seed(app, 20)
    before = contents(app)
    again, more = seed(app, 20), seed(app, 25)

    assert (again.exit_code, more.exit_code) == (0, 0)
    assert (contents(app)[:20], len(contents(app))) == (before, 25)


def test_samples_that_were_deleted_come_back(app: Flask) -> None:
    """A sample that somebody deleted is missing: seed-db adds it again."""
    seed(app, 20)
    wanted = sorted(each["isbn"] for each in contents(app))
    with app.app_context():
        db.session.execute(text("DELETE FROM books WHERE id IN (3, 20)"))
        db.session.commit()
    result = seed(app, 20)

    assert (result.exit_code, result.exception) == (0, None)
    assert sorted(each["isbn"] for each in contents(app)) == wanted


def test_samples_are_books_that_the_contract_admits(app: Flask) -> None:
    """Each sample could have come from a client: valid ISBN, price, year and genre, and search finds it."""
    seed(app, 50)
    for each in contents(app):
        written = {name: each[name] for name in ("title", "author", "isbn", "published_year", "genre", "price")}
        assert load_book(written)["isbn"] == each["isbn"]
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Book.search_text == "")) == 0


def test_production_gets_no_samples(tmp_path: Path) -> None:
    """In production seed-db is one line that says why not, and adds nothing."""
    app = make_app(tmp_path / "three", BOOKPLATE_ENV="production", SECRET_KEY=SECRET)
    result = seed(app, 5)

    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (1, 1)
    assert "BOOKPLATE_ENV" in result.stderr


def test_nobody_logs_in_as_the_owner_of_the_samples(app: Flask) -> None:
    """The samples' owner has no password."""
    seed(app, 1)
    with app.app_context():
        hashes = db.session.execute(text("SELECT password_hash FROM users")).scalars().all()

    assert hashes == ["!"]
