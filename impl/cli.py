"""Commands for operators, under `flask --app impl`."""

import click
from flask import Flask, current_app
from flask_migrate import Migrate, upgrade
from sqlalchemy.exc import OperationalError

from .app import create_flask
from .contract_validators import ContentValidator
from .migrations import FOLDER
from .problems import InvalidContent, Problem
from .settings import Settings
from .store import db
from .users.service import add_user


def command_line_app(settings: Settings | None = None) -> Flask:
    """Build the Flask application with the commands, which the service does without."""
    app = create_flask(settings)
    Migrate(app, db, directory=FOLDER)
    for command in (init_db, create_admin):
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


def _check_as_registered(values: dict[str, str]) -> None:
    """
    Hold an account to what registering holds it to.

    Raises InvalidContent.
    """
    contract = current_app.extensions["bookplate"].contract
    content = contract.in_role("register").raw["requestBody"]["content"]["application/json"]
    if faults := ContentValidator(contract, content["schema"]).faults(values):
        raise InvalidContent(faults=faults)
