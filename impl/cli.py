"""Commands for operators, under `flask --app impl`."""

import click
from flask import Flask
from flask_migrate import upgrade

from .problems import Problem
from .users.service import add_user


def register_commands(app: Flask) -> None:
    """Add the commands to an application."""
    app.cli.add_command(init_db)
    app.cli.add_command(create_admin)


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
    try:
        add_user({"email": email, "username": username, "password": password}, role="admin")
    except Problem as problem:
        raise click.ClickException(f"{problem} {' '.join(fault['detail'] for fault in problem.faults)}") from None
    click.echo(f"{username} is an admin.")
