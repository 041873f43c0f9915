"""
`python -m impl.migrations` brings the database that DATABASE_URL names up to date.

A server runs it with `--file-is-held`: then the server itself holds the file. What cannot be done is one line on
standard output, for the server to pass on, and exit status 2.
"""

import sys

from flask import Flask
from flask_migrate import Migrate

from ..backends.revisions import DatabaseError
from ..backends.store import db
from ..settings import SettingsError, load_settings
from . import FOLDER
from .upgrading import bring_up_to_date


def main(arguments: list[str]) -> int:
    """Run the steps that the database has not seen."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error)
        return DatabaseError.exit_code
    app = Flask("impl")
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["DATABASE_FILE_IS_HELD"] = "--file-is-held" in arguments
    db.init_app(app)
    Migrate(app, db, directory=FOLDER)
    try:
        with app.app_context():
            bring_up_to_date()
    except DatabaseError as error:
        print(error.message)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
