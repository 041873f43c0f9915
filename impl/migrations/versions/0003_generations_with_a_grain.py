"""
The generations of a shared cache: a slot for what a write may touch, where one row stood for everything.

Code of revision 0002 reads and writes one row alone, whatever a write touches. It must not share a Redis with later code
while both run: stop the one before the other starts, or give the new one another REDIS_URL.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As many as the code of this revision has; a number of its own, since a migration does the same for ever.
SLOTS = 4096
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
