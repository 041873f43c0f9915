"""`python -m impl.migrations` brings the database that DATABASE_URL names up to date."""

from flask import Flask
from flask_migrate import Migrate, upgrade

from ..settings import load_settings
from ..store import db
from . import FOLDER


def main() -> None:
    """Run the steps that the database has not seen."""
    app = Flask("impl")
    app.config["SQLALCHEMY_DATABASE_URI"] = load_settings().database_url
    db.init_app(app)
    Migrate(app, db, directory=FOLDER)
    with app.app_context():
        upgrade()


if __name__ == "__main__":
    main()
