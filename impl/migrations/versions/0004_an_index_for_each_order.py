"""
An index for each order that a list of books may have, both ways, with the id that ties are ordered by.

The index of one direction cannot serve the other: ties come by ascending id in both.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("title", "author", "published_year", "price_cents", "created_at")
# Of one column each; those that are made begin with the same columns.
BEFORE: Mapping[str, Sequence[str]] = {
    "ix_books_author": ["author"],
    "ix_books_owner_id": ["owner_id"],
    "ix_books_price_cents": ["price_cents"],
    "ix_books_published_year": ["published_year"],
    "ix_books_title": ["title"],
}


def upgrade() -> None:
    """Make the indexes, and drop those that they make superfluous."""
    op.create_index("ix_books_owner_id_id", "books", ["owner_id", "id"])
    for column in COLUMNS:
        op.create_index(f"ix_books_{column}_id", "books", [column, "id"])
        op.create_index(f"ix_books_{column}_desc_id", "books", [sa.text(_descending(column)), "id"])
    for name in BEFORE:
        op.drop_index(name, "books")


def downgrade() -> None:
    """Make the indexes of one column again."""
    for name, columns in BEFORE.items():
        op.create_index(name, "books", columns)
    op.drop_index("ix_books_owner_id_id", "books")
    for column in COLUMNS:
        op.drop_index(f"ix_books_{column}_id", "books")
        op.drop_index(f"ix_books_{column}_desc_id", "books")


def _descending(column: str) -> str:
    # SQLite takes null for the lowest value, so that it is last by itself; PostgreSQL takes it for the highest.
    has_nulls_first = column == "published_year" and op.get_bind().dialect.name == "postgresql"
    return f"{column} DESC NULLS LAST" if has_nulls_first else f"{column} DESC"
