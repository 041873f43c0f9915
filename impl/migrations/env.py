"""How Alembic reaches the database of the application that Flask-Migrate runs it for."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from impl.backends.store import db
from impl.migrations.described import is_described
from impl.migrations.turns import one_at_a_time, with_short_locks


def run_migrations() -> None:
    """Bring the database to the wanted revision, one process at a time and each step in a transaction of its own."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        # Closed for good at the end: its settings and its lock must not go back to a pool.
        connection.detach()
        if connection.dialect.name == "sqlite":
            connection = connection.execution_options(writes=True)
            # All keys of an index are ordered at once: too many for memory.
            connection.exec_driver_sql("PRAGMA temp_store = FILE")
            connection.commit()
        with one_at_a_time(connection, file_is_held=current_app.config.get("DATABASE_FILE_IS_HELD", False)):
            with_short_locks(connection, lambda: migrate(connection))


def migrate(connection: Connection) -> None:
    """Run the steps that are wanted; those that were done before an error stay done."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        include_object=is_described,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run_migrations()
