"""A server in development brings its own SQLite file up to date."""

import os
import sys

from flask import Flask
from sqlalchemy.exc import OperationalError

from .database_file import made_exclusive
from .early_end import run_ended_with_us
from .revisions import DatabaseError, find_revision, head_revision
from .store import db


def bring_own_file_up_to_date(flask: Flask, database_url: str) -> None:
    """
    Migrate, where that is needed, in a process of its own, whose libraries (11 MB) this one then need not hold.

    Raises DatabaseError.
    """
    try:
        with flask.app_context():
            with db.engine.connect() as connection:
                revision = find_revision(connection)
            # No connection stays behind: many applications are made and never serve.
            db.engine.dispose()
    except OperationalError as error:
        raise DatabaseError(f"The file that DATABASE_URL names cannot be used: {error.orig}.") from None
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
