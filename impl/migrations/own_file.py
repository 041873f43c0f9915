"""A server in development brings its own SQLite file up to date."""

import os
import sys

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ..backends.database_errors import is_broken_file
from ..backends.database_file import file_of, made_exclusive
from ..backends.revisions import DatabaseError, explain, find_revision, head_revision
from ..backends.store import db
from ..process.early_end import run_ended_with_us


def require_readable_file(flask: Flask, database_url: str) -> None:
    """
    Look into a file that is there; one that is not yet there is made later.

    Raises DatabaseError where it is no database, or a damaged one.
    """
    file = file_of(database_url)
    if file is None or not file.exists():
        return
    try:
        _find_revision(flask)
    except SQLAlchemyError as error:
        # What else is wrong may pass, and readiness tells it.
        if is_broken_file(error):
            raise DatabaseError(explain(error)) from None


def bring_own_file_up_to_date(flask: Flask, database_url: str) -> None:
    """
    Migrate, where that is needed, in a process of its own, whose libraries (11 MB) this one then need not hold.

    Raises DatabaseError.
    """
    try:
        revision = _find_revision(flask)
    except SQLAlchemyError as error:
        raise DatabaseError(explain(error)) from None
    if revision == head_revision():
        return
    # Servers that share a cache share the file, but none may migrate beside another.
    with made_exclusive(database_url) as is_held:
        _migrate(database_url, is_held=is_held)


def _migrate(database_url: str, *, is_held: bool) -> None:
    command = [sys.executable, "-m", "impl.migrations", *(["--file-is-held"] if is_held else [])]
    environment = os.environ | {"DATABASE_URL": database_url}
    # What it says on the way goes to standard error as it comes; what it says on standard output is why it failed.
    status, output = run_ended_with_us(command, environment)
    if status == DatabaseError.exit_code:
        raise DatabaseError(output.strip())
    if status != 0:
        raise DatabaseError(f"The migration ended with status {status}: see what it wrote above.")


def _find_revision(flask: Flask) -> str | None:
    with flask.app_context():
        try:
            with db.engine.connect() as connection:
                return find_revision(connection)
        finally:
            # No connection stays behind: many applications are made and never serve.
            db.engine.dispose()
