"""Commands for operators, under `flask --app impl`."""

import click
from flask import Flask, current_app
from flask_migrate import Migrate
from sqlalchemy.exc import SQLAlchemyError

from .app import create_flask, serve
from .backends.database_file import holding
from .backends.revisions import DatabaseCommand, DatabaseError, difference, find_revision, head_revision
from .backends.store import db
from .background.pruning import Pruned, count_rows
from .background.pruning import prune as prune_in_steps
from .books.counts import recount
from .books.samples import SampleBooks
from .contract.validators import ContentValidator
from .migrations import FOLDER
from .migrations.upgrading import bring_up_to_date
from .problems import InvalidContent, Problem
from .services import Services
from .settings import Settings
from .system.service import clear_cache as clear_answers
from .users.service import add_user

SECONDS_TO_FREE_ROOM = 60


def command_line_app(settings: Settings | None = None) -> Flask:
    """Build the Flask application with the commands, which the service does without."""
    app = create_flask(settings, has_deadlines=False)
    # Only the service knows the operations, which `flask routes` lists.
    serve(app)
    Migrate(app, db, directory=FOLDER)
    for command in (init_db, create_admin, seed_db, clear_cache, prune, recount_books):
        app.cli.add_command(command)
    return app


@click.command("init-db", cls=DatabaseCommand)
def init_db() -> None:
    """Create the tables, or bring them up to date; running it again changes nothing, and several take turns."""
    bring_up_to_date()
    click.echo("The database is up to date.")


@click.command("create-admin", cls=DatabaseCommand)
@click.option("--email", required=True, help="The address the admin logs in with.")
@click.option("--username", required=True, help="The name others see.")
@click.password_option(envvar="ADMIN_PASSWORD", help="Asked for, unless ADMIN_PASSWORD holds it.")
def create_admin(email: str, username: str, password: str) -> None:
    """Create a user who may do everything."""
    values = {"email": email, "username": username, "password": password}
    try:
        _check_as_registered(values)
        add_user(_services().store, values, role="admin")
    except Problem as problem:
        faults = [f"{fault['pointer'].strip('/')}: {fault['detail']}" for fault in problem.faults]
        raise click.ClickException(" ".join(faults) or str(problem)) from None
    click.echo(f"{username} is an admin.")


@click.command("seed-db", cls=DatabaseCommand)
@click.option("--books", default=1000, show_default=True, type=click.IntRange(1, 900_000), help="How many books.")
def seed_db(books: int) -> None:
    """Fill the database with made-up books, the same each time; what is there stays."""
    if _services().settings.environment == "production":
        raise click.ClickException("seed-db is for development: set BOOKPLATE_ENV to something else than production.")
    _require_current_tables()
    # As a server would, for it writes what a running one may have in its cache.
    settings = _services().settings
    with holding(settings.database_url, shared=settings.shares_cache):
        samples = SampleBooks(_services().store, books)
        with click.progressbar(length=samples.missing, label="Books") as bar:
            for done in samples.insert_chunks():
                bar.update(done)
    click.echo(f"There are {books} made-up books.")


@click.command("prune", cls=DatabaseCommand)
def prune() -> None:
    """
    Delete expired sessions, refresh tokens and kept answers.

    A running server does this by itself, a few rows each second; this does it at once, in small steps, and may run
    beside servers. Nothing that anybody can still use goes: a refresh token stays as long as it would have been valid,
    also when it is spent, a session as long as it has one, the answer under an Idempotency-Key for 24 hours.
    """
    _require_current_tables()
    total = Pruned()
    with click.progressbar(length=count_rows(), label="Rows looked at") as bar:
        for step in prune_in_steps(_services().tokens.lifetime, waits=True):
            total.add(step)
            bar.update(step.looked_at)
    click.echo(
        f"Deleted {total.refresh_tokens} refresh tokens, {total.sessions} sessions and {total.kept_answers} kept answers."
    )


@click.command("clear-cache", cls=DatabaseCommand)
def clear_cache() -> None:
    """Clear the service's own cache; limits and sessions stay."""
    cache = _services().cache
    if not cache.is_remote:
        raise click.ClickException(
            "Without REDIS_URL the cache is in the server's own memory: POST /admin/cache/clear."
        )
    _require_current_tables()
    try:
        is_free = clear_answers(cache, _services().store, SECONDS_TO_FREE_ROOM)
    except (Problem, SQLAlchemyError):
        raise click.ClickException("The database cannot be written: the cache is not cleared. Try again.") from None
    click.echo("The cache is clear.")
    if not is_free:
        click.echo("Redis could not be cleaned up: what it holds is never served again, and expires by itself.")


@click.command("recount-books", cls=DatabaseCommand)
def recount_books() -> None:
    """
    Count all books, and put the kept counts right where they differ.

    Totals and statistics come from counts that the database keeps with each write. Whoever restored or changed tables
    without the database's triggers runs this; nobody else can write books meanwhile.
    """
    _require_current_tables()
    settings = _services().settings
    with holding(settings.database_url, shared=settings.shares_cache):
        wrong = recount(_services().store)
    click.echo(f"Counts that were wrong, and are right now: {wrong}." if wrong else "All counts are right.")


def _services() -> Services:
    """Return the services of the application that a command runs in."""
    found: Services = current_app.extensions["bookplate"]
    return found


def _require_current_tables() -> None:
    """
    Look at the database's revision.

    Raises DatabaseError where it is not the one that this code needs.
    """
    revision = find_revision(db.session)
    db.session.rollback()
    if revision != head_revision():
        raise DatabaseError(difference(revision))


def _check_as_registered(values: dict[str, str]) -> None:
    """
    Hold a new user to what registering holds them to.

    Raises InvalidContent.
    """
    contract = _services().contract
    content = contract.in_role("register").raw["requestBody"]["content"]["application/json"]
    if faults := ContentValidator(contract, content["schema"]).faults(values):
        raise InvalidContent(faults=faults)
