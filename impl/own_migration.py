"""A server in development brings its own SQLite file up to date."""

import os
import subprocess
import sys

from flask import Flask
from sqlalchemy.exc import OperationalError

from .database_file import is_held
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
    command = [sys.executable, "-m", "impl.migrations", *(["--file-is-held"] if is_held(database_url) else [])]
    environment = os.environ | {"DATABASE_URL": database_url}
    # What it says on the way goes to standard error as it comes; what it says on standard output is why it failed.
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == DatabaseError.exit_code:
        raise DatabaseError(done.stdout.strip())
    done.check_returncode()
