"""How Alembic reaches the database of the application that Flask-Migrate runs it for."""

from alembic import context
from flask import current_app

from impl.store import db


def run_migrations() -> None:
    """Bring the database to the wanted revision, in one transaction."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection = connection.execution_options(writes=True)
        context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run_migrations()
