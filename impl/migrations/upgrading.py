"""Bringing a database up to date, for the command and for a server that does so by itself."""

from flask_migrate import upgrade
from sqlalchemy.exc import SQLAlchemyError

from ..backends.revisions import DatabaseError, difference, explain, find_revision, head_revision, known_revisions
from ..backends.store import db


def bring_up_to_date() -> None:
    """
    Run the migrations that the database has not seen; several processes take turns.

    Raises DatabaseError where the database cannot be reached, is newer than this code, or is in use.
    """
    try:
        with db.engine.connect() as connection:
            revision = find_revision(connection)
        if revision == head_revision():
            return
        if revision is not None and revision not in known_revisions():
            raise DatabaseError(difference(revision))
        upgrade()
    except SQLAlchemyError as error:
        raise DatabaseError(explain(error)) from None
