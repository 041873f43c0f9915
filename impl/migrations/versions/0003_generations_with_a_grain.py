"""
The generations of a shared cache: a slot for what a write may touch, where one row stood for everything.
"""

import secrets

import sqlalchemy as sa
from alembic import op

from impl.generations import SLOTS

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GENERATIONS = sa.table("cache_generation", sa.column("id", sa.Integer), sa.column("name", sa.String))


def upgrade() -> None:
    """Put a row for each slot in the place of the one."""
    _fill(range(SLOTS))


def downgrade() -> None:
    """Leave one row."""
    _fill([1])


def _fill(slots: "range | list[int]") -> None:
    # A new name, whichever way: under an old one answers might still be kept.
    name = secrets.token_hex(8)
    op.execute(sa.delete(GENERATIONS))
    op.bulk_insert(GENERATIONS, [{"id": slot, "name": name} for slot in slots])
