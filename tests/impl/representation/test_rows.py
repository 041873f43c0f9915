"""What writes a row out by hand writes the bytes that the schema beside it writes, of a row of any database."""

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from impl.books.models import BookRow
from impl.books.schemas import BookSchema, dump_book
from impl.representation.content import to_bytes
from impl.users.models import UserRow
from impl.users.schemas import UserSchema, dump_user

IDS = st.integers(1, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# Times with and without microseconds: each is written with all six digits.
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)) | st.datetimes().map(
    lambda moment: moment.replace(microsecond=0)
)
BOOKS = st.builds(
    BookRow,
    id=IDS,
    owner_id=IDS,
    title=TEXTS,
    author=TEXTS,
    isbn=st.none() | TEXTS,
    published_year=st.none() | st.integers(-5000, 5000),
    genre=st.none() | TEXTS,
    price_cents=st.integers(0, 10**10),
    version=IDS,
    created_at=TIMES,
    updated_at=TIMES,
)
USERS = st.builds(
    UserRow,
    id=IDS,
    email=TEXTS,
    username=TEXTS,
    display_name=st.none() | TEXTS,
    role=TEXTS,
    tier=TEXTS,
    active=st.booleans(),
    created_at=TIMES,
    updated_at=TIMES,
    email_key=TEXTS,
    username_key=TEXTS,
    password_hash=TEXTS,
    version=IDS,
)


def of_sqlite(row: Any) -> Any:
    """Return a row as SQLite has it: times as texts, truth as a number."""
    changes: dict[str, Any] = {
        name: f"{getattr(row, name):%Y-%m-%d %H:%M:%S.%f}" for name in ("created_at", "updated_at")
    }
    for name in ("created_at", "updated_at"):
        # strftime leaves the zeros of an early year out on Linux; SQLAlchemy, which writes these texts, does not.
        changes[name] = changes[name].rjust(len("2026-11-30 00:00:00.000000"), "0")
    if isinstance(row, UserRow):
        changes["active"] = int(row.active)
    return row._replace(**changes)


@given(BOOKS)
def test_books_are_written_as_the_schema_writes_them(book: BookRow) -> None:
    """One book, as PostgreSQL's driver hands it out and as SQLite's does."""
    by_schema = to_bytes(BookSchema().dump(book))

    assert to_bytes(dump_book(book)) == by_schema
    assert to_bytes(dump_book(of_sqlite(book))) == by_schema


@given(USERS)
def test_users_are_written_as_the_schema_writes_them(user: UserRow) -> None:
    """One user, likewise; nothing else of the row is in it."""
    by_schema = to_bytes(UserSchema().dump(user))

    assert to_bytes(dump_user(user)) == by_schema
    assert to_bytes(dump_user(of_sqlite(user))) == by_schema
    assert not {"password_hash", "email_key", "username_key", "version"} & dump_user(user).keys()
