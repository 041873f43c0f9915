"""
Views, the text that search looks in, and answers kept by idempotency key.
"""

import sqlalchemy as sa
from alembic import op

from impl.backends.store import ID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, filled for the books that are there."""
    op.create_table(
        "kept_answers",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_kept_answers_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"])
    op.add_column("books", sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
    op.add_column("books", sa.Column("views", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_books_views_id", "books", [sa.text("views DESC"), "id"])
    _fill_search_text()
    generation = op.create_table(
        "cache_generation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cache_generation")),
    )
    op.bulk_insert(generation, [{"id": 1, "name": "first"}])


def downgrade() -> None:
    """Take the columns, the kept answers and the generation away."""
    op.drop_table("cache_generation")
    op.drop_index("ix_books_views_id", "books")
    op.drop_column("books", "views")
    op.drop_column("books", "search_text")
    op.drop_table("kept_answers")


def _fill_search_text() -> None:
    connection = op.get_bind()
    books = sa.table("books", sa.column("id"), sa.column("title"), sa.column("author"), sa.column("search_text"))
    rows = connection.execute(sa.select(books.c.id, books.c.title, books.c.author)).all()
    texts = [{"row": row.id, "text": f"{row.title}\n{row.author}".casefold()} for row in rows]
    if texts:
        update = sa.update(books).where(books.c.id == sa.bindparam("row")).values(search_text=sa.bindparam("text"))
        connection.execute(update, texts)
