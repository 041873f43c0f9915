"""The tables that migrations make are the tables that the models describe, and a way back exists."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text

from impl.auth.models import RefreshToken, Session
from impl.backends.generations import SLOTS
from impl.backends.store import CacheGeneration, db, now
from impl.books.models import Book
from impl.cli import command_line_app
from impl.migrations.described import is_described
from impl.settings import Settings
from impl.users.models import User


@pytest.fixture(name="app")
def _app(settings: Settings) -> Iterator[Flask]:
    app = command_line_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    """Return the names of the tables that are there and that a model describes."""
    names = set(inspect(db.engine).get_table_names()) - {"alembic_version", "sqlite_sequence"}
    return {name for name in names if is_described(None, name, "table", True, None)}


def fill() -> None:
    """Add a user with a session and a book."""
    user = User(email="a@example.com", email_key="a@example.com", username="a-1", username_key="a-1", password_hash="x")
    db.session.add(user)
    db.session.flush()
    db.session.add(Book(owner_id=user.id, title="Dune", author="Frank Herbert", price_cents=999))
    session = Session(user_id=user.id)
    db.session.add(session)
    db.session.flush()
    db.session.add(RefreshToken(token_hash="0" * 64, session_id=session.id, expires_at=now()))
    db.session.commit()
    db.session.remove()


def test_up_down_and_up_with_data(app: Flask) -> None:
    """Tables full of data are taken away and made again, and work then."""
    fill()
    before = tables()

    downgrade(revision="base")
    assert tables() == set()

    upgrade()
    fill()
    assert tables() == before == {table.name for table in db.metadata.sorted_tables}


def test_upgrade_again_changes_nothing(app: Flask) -> None:
    """An upgrade of what is up to date keeps the data."""
    fill()
    upgrade()

    assert db.session.scalars(select(Book.title)).all() == ["Dune"]


def test_models_and_migrations_agree(app: Flask) -> None:
    """Nothing is left to migrate: models and migrations describe the same tables."""
    with db.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": is_described}
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)

    assert difference == []


def test_sqlite_is_set_up(app: Flask) -> None:
    """Foreign keys are enforced, writers wait for each other, readers never wait, and no write makes a file to undo it."""
    pragmas = ("foreign_keys", "busy_timeout", "journal_mode", "temp_store")
    found = [db.session.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]

    assert found == [1, 5000, "wal", 2]


def test_ids_are_never_used_again(app: Flask) -> None:
    """The id of a deleted row is not given to the next one."""
    fill()
    first = db.session.scalars(select(User.id)).one()
    db.session.execute(text("DELETE FROM users"))
    db.session.commit()
    fill()

    assert db.session.scalars(select(User.id)).one() > first
    assert db.session.scalars(select(Book.id)).all() == [2]


def test_each_slot_has_its_row(app: Flask) -> None:
    """A newly made database has a generation for each slot that the code may ask for, and no other."""
    upgrade()

    assert db.session.scalars(select(CacheGeneration.id).order_by(CacheGeneration.id)).all() == list(range(SLOTS))
