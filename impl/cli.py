"""Commands for operators, under `flask --app impl`."""

import click
from flask import Flask, current_app
from flask_migrate import Migrate, upgrade
from sqlalchemy.exc import OperationalError

from .app import create_flask, serve
from .books.samples import SampleBooks
from .contract_validators import ContentValidator
from .migrations import FOLDER
from .problems import InvalidContent, Problem
from .settings import Settings
from .store import db
from .users.service import add_user


def command_line_app(settings: Settings | None = None) -> Flask:
    """Build the Flask application with the commands, which the service does without."""
    app = create_flask(settings, has_deadlines=False)
    # Only the service knows the operations, which `flask routes` lists.
    serve(app)
    Migrate(app, db, directory=FOLDER)
    for command in (init_db, create_admin, seed_db, clear_cache):
        app.cli.add_command(command)
    return app


@click.command("init-db")
def init_db() -> None:
    """Create the tables, or bring them up to date; running it again changes nothing."""
    upgrade()
    click.echo("The database is up to date.")


@click.command("create-admin")
@click.option("--email", required=True, help="The address the admin logs in with.")
@click.option("--username", required=True, help="The name others see.")
@click.password_option(envvar="ADMIN_PASSWORD", help="Asked for, unless ADMIN_PASSWORD holds it.")
def create_admin(email: str, username: str, password: str) -> None:
    """Open an account that may do everything."""
    values = {"email": email, "username": username, "password": password}
    try:
        _check_as_registered(values)
        add_user(values, role="admin")
    except Problem as problem:
        faults = [f"{fault['pointer'].strip('/')}: {fault['detail']}" for fault in problem.faults]
        raise click.ClickException(" ".join(faults) or str(problem)) from None
    except OperationalError:
        raise click.ClickException("The database cannot be read: is it there, and has `init-db` been run?") from None
    click.echo(f"{username} is an admin.")


@click.command("seed-db")
@click.option("--books", default=1000, show_default=True, type=click.IntRange(1, 900_000), help="How many books.")
def seed_db(books: int) -> None:
    """Fill the database with made-up books, the same each time; what is there stays."""
    if current_app.extensions["bookplate"].settings.environment == "production":
        raise click.ClickException("seed-db is for development: set BOOKPLATE_ENV to something else than production.")
    samples = SampleBooks(books)
    with click.progressbar(length=samples.missing, label="Books") as bar:
        for done in samples.insert_chunks():
            bar.update(done)
    click.echo(f"There are {books} made-up books.")


@click.command("clear-cache")
def clear_cache() -> None:
    """Clear the service's own cache; limits and sessions stay."""
    cache = current_app.extensions["bookplate"].cache
    if not cache.is_remote:
        raise click.ClickException(
            "Without REDIS_URL the cache is in the server's own memory: POST /admin/cache/clear."
        )
    cache.clear()
    click.echo("The cache is clear.")


def _check_as_registered(values: dict[str, str]) -> None:
    """
    Hold an account to what registering holds it to.

    Raises InvalidContent.
    """
    contract = current_app.extensions["bookplate"].contract
    content = contract.in_role("register").raw["requestBody"]["content"]["application/json"]
    if faults := ContentValidator(contract, content["schema"]).faults(values):
        raise InvalidContent(faults=faults)
