"""
How many books there are, kept by triggers in the transaction of each write: in all, by genre, decade and author.

On PostgreSQL two who write at once would wait for each other at the count that both change, and all for one who hangs.
So each count is in stripes, one for the connections of one number, and is their sum.
"""

import sqlalchemy as sa
from alembic import op

from impl.backends.store import code_points

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STRIPE = "pg_backend_pid() % 16"
DECADE = "published_year / 10 * 10"
COUNTED = {
    "all": "SELECT 'all', '', 0, count(*) FROM books HAVING count(*) > 0",
    "views": "SELECT 'views', '', 0, sum(views) FROM books HAVING sum(views) > 0",
    "genre": "SELECT 'genre', coalesce(genre, ''), 0, count(*) FROM books GROUP BY genre",
    "decade": f"SELECT 'decade', coalesce(CAST({DECADE} AS TEXT), ''), 0, count(*) FROM books GROUP BY {DECADE}",
    "author": "SELECT 'author', author, 0, count(*) FROM books GROUP BY author",
}
ADD = "INSERT INTO book_counts (kind, value, stripe, number)"
OR_ADD = "ON CONFLICT (kind, value, stripe) DO UPDATE SET number = book_counts.number + excluded.number"


def upgrade() -> None:
    """Make the counts, of the books that are there."""
    op.create_table(
        "book_counts",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", code_points(100), nullable=False),
        sa.Column("stripe", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "stripe", name=op.f("pk_book_counts")),
    )
    # The triggers come first: on PostgreSQL they let nobody write until this is committed.
    for statement in _triggers_of_postgresql() if _is_postgresql() else _triggers_of_sqlite():
        op.execute(statement)
    for statement in COUNTED.values():
        op.execute(f"{ADD} {statement}")


def downgrade() -> None:
    """Drop the counts with their triggers."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER book_counts_{event}" + (" ON books" if _is_postgresql() else ""))
        if _is_postgresql():
            op.execute(f"DROP FUNCTION book_counts_{event}()")
    op.drop_table("book_counts")


def _is_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _triggers_of_sqlite() -> list[str]:
    added, removed = _change_of_row("new", "+"), _change_of_row("old", "-")
    empty = "DELETE FROM book_counts WHERE kind = 'author' AND value = old.author AND number = 0;"
    columns = ("genre", "published_year", "author", "views")
    differs = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    return [
        f"CREATE TRIGGER book_counts_insert AFTER INSERT ON books BEGIN {added} END",
        f"CREATE TRIGGER book_counts_delete AFTER DELETE ON books BEGIN {removed} {empty} END",
        f"CREATE TRIGGER book_counts_update AFTER UPDATE OF {', '.join(columns)} ON books WHEN {differs} "
        f"BEGIN {removed} {added} {empty} END",
    ]


def _change_of_row(row: str, sign: str) -> str:
    return (
        f"{ADD} VALUES ('all', '', 0, {sign}1), ('views', '', 0, {sign}{row}.views), "
        f"('genre', coalesce({row}.genre, ''), 0, {sign}1), "
        f"('decade', coalesce(CAST({row}.published_year / 10 * 10 AS TEXT), ''), 0, {sign}1), "
        f"('author', {row}.author, 0, {sign}1) {OR_ADD};"
    )


def _triggers_of_postgresql() -> list[str]:
    added, removed = _changes_of("added", 1), _changes_of("removed", -1)
    # In its own stripe alone: at those of others it would wait for them.
    empty = (
        f"DELETE FROM book_counts WHERE kind = 'author' AND number = 0 AND stripe = {STRIPE} "
        "AND value IN (SELECT author FROM removed);"
    )
    tables = {
        "insert": "NEW TABLE AS added",
        "update": "OLD TABLE AS removed NEW TABLE AS added",
        "delete": "OLD TABLE AS removed",
    }
    changes = {"insert": added, "update": f"{added} UNION ALL {removed}", "delete": removed}
    statements = []
    for event, rows in changes.items():
        # In one order, so that two writers wait for each other instead of meeting crosswise.
        body = (
            f"{ADD} SELECT kind, value, stripe, sum(number) FROM ({rows}) AS changed (kind, value, stripe, number) "
            f"GROUP BY kind, value, stripe HAVING sum(number) <> 0 ORDER BY kind, value, stripe {OR_ADD};"
        )
        body += "" if event == "insert" else empty
        statements += [
            f"CREATE FUNCTION book_counts_{event}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$",
            f"CREATE TRIGGER book_counts_{event} AFTER {event} ON books REFERENCING {tables[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION book_counts_{event}()",
        ]
    return statements


def _changes_of(rows: str, sign: int) -> str:
    return " UNION ALL ".join(
        f"SELECT '{kind}', {value} COLLATE \"C\", {STRIPE}, {number} FROM {rows}"
        for kind, value, number in (
            ("all", "''", sign),
            ("views", "''", f"{sign} * views"),
            ("genre", "coalesce(genre, '')", sign),
            ("decade", f"coalesce(CAST({DECADE} AS TEXT), '')", sign),
            ("author", "author", sign),
        )
    )
