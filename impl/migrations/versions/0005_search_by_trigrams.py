"""
An index of trigrams for search: FTS5 on SQLite, kept by triggers, and pg_trgm on PostgreSQL, where it can be had.

Both are indexes alone: what is found is what `search_text` contains, with them or without.
"""

import sqlite3
import sys

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from impl.backends.revisions import DatabaseError

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The first SQLite with the tokenizer.
SQLITE = (3, 34)
# Text is folded before it is kept, so that the index compares it as it is. Sizes of columns are for ranks alone.
TABLE = """
CREATE VIRTUAL TABLE book_search USING fts5(
  search_text, content='books', content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1'
)"""
ADD = "INSERT INTO book_search(rowid, search_text) VALUES (new.id, new.search_text)"
REMOVE = "INSERT INTO book_search(book_search, rowid, search_text) VALUES ('delete', old.id, old.search_text)"
TRIGGERS = {
    "book_search_added": f"AFTER INSERT ON books BEGIN {ADD}; END",
    "book_search_removed": f"AFTER DELETE ON books BEGIN {REMOVE}; END",
    "book_search_changed": (
        f"AFTER UPDATE OF search_text ON books WHEN old.search_text <> new.search_text BEGIN {REMOVE}; {ADD}; END"
    ),
}
# insufficient_privilege, feature_not_supported, undefined_object and undefined_file (PostgreSQL, appendix A).
CANNOT_BE_HAD = ("42501", "0A000", "42704", "58P01")


def upgrade() -> None:
    """Make the index, of the books that are there."""
    if op.get_bind().dialect.name == "postgresql":
        _make_on_postgresql()
    else:
        _make_on_sqlite()


def downgrade() -> None:
    """Drop the index; an extension of PostgreSQL's stays, since others may use it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS ix_books_search_text")
        return
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP TABLE book_search")


def _make_on_sqlite() -> None:
    has_fts5 = op.get_bind().execute(sa.text("SELECT sqlite_compileoption_used('ENABLE_FTS5')")).scalar()
    if sqlite3.sqlite_version_info < SQLITE or not has_fts5:
        raise DatabaseError(
            f"This Python has SQLite {sqlite3.sqlite_version}, and 3.34 or later with FTS5 is needed: run another Python."
        )
    op.execute(TABLE)
    op.execute("INSERT INTO book_search(book_search) VALUES ('rebuild')")
    # In one piece, so that no text is looked for in several; later additions are merged as they come.
    op.execute("INSERT INTO book_search(book_search) VALUES ('optimize')")
    for name, what in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {what}")


def _make_on_postgresql() -> None:
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            connection.execute(
                sa.text("CREATE INDEX ix_books_search_text ON books USING gin (search_text gin_trgm_ops)")
            )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in CANNOT_BE_HAD:
            raise
        said = str(error.orig).strip().partition("\n")[0]
        print(
            f"migrations: pg_trgm cannot be had ({said}), so search reads every book: see docs/operations.md",
            file=sys.stderr,
        )
