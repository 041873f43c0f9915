"""Commands for operators: they can be repeated, and a mistake is one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy import select

from impl.cli import command_line_app
from impl.settings import load_settings
from impl.store import db
from impl.users.models import User

from .server import environment

PASSWORD = "correct horse battery staple"
SECRET = "kJ8s_2Lq-Zt5vXw9YbNcRfGh3PdMeA7u"


@pytest.fixture(name="app")
def _app(tmp_path: Path) -> Flask:
    return command_line_app(load_settings(environment(tmp_path, BOOKPLATE_ENV="production", SECRET_KEY=SECRET)))


def run(app: Flask, *arguments: str, password: str = PASSWORD) -> Result:
    """Run a command in this process, as `flask --app impl` does."""
    group = FlaskGroup(create_app=lambda: app, load_dotenv=False)
    return app.test_cli_runner().invoke(group, arguments, env={"ADMIN_PASSWORD": password})


def create_admin(app: Flask, email: str = "root@example.com", username: str = "root", **options: str) -> Result:
    """Run create-admin."""
    return run(app, "create-admin", "--email", email, "--username", username, **options)


def accounts(app: Flask) -> list[tuple[str, str]]:
    """Return email and role of every account."""
    with app.app_context():
        return [(row.email, row.role) for row in db.session.execute(select(User.email, User.role))]


def test_init_db_can_be_repeated(app: Flask) -> None:
    """init-db makes the tables; running it again changes nothing."""
    first = run(app, "init-db")
    create_admin(app)
    second = run(app, "init-db")

    assert (first.exit_code, second.exit_code, first.output) == (0, 0, second.output)
    assert accounts(app) == [("root@example.com", "admin")]


def test_create_admin_makes_an_admin(app: Flask) -> None:
    """create-admin opens an account with the role admin, and its output has no password."""
    run(app, "init-db")
    result = create_admin(app)

    assert (result.exit_code, accounts(app)) == (0, [("root@example.com", "admin")])
    assert PASSWORD not in result.output


def is_one_line_error(result: Result) -> bool:
    """Tell whether a command failed with one line on standard error and no traceback."""
    lines = result.stderr.strip().splitlines()
    return result.exit_code not in (0, None) and len(lines) == 1 and isinstance(result.exception, SystemExit)


def test_second_admin_of_one_name_is_refused(app: Flask) -> None:
    """An email that is taken in another spelling is one line that names it."""
    run(app, "init-db")
    create_admin(app)
    result = create_admin(app, email="ROOT@example.com", username="other")

    assert is_one_line_error(result)
    assert "email" in result.stderr


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", {"email": "nonsense"}),
        ("username", {"username": "a b"}),
        ("password", {"password": "too short"}),
    ],
)
def test_create_admin_refuses_what_register_refuses(app: Flask, name: str, values: dict[str, str]) -> None:
    """An account that could never log in, or with too short a password, is not opened."""
    run(app, "init-db")
    result = create_admin(app, **values)

    assert accounts(app) == []
    assert is_one_line_error(result)
    assert name in result.stderr


def test_create_admin_without_tables_says_so(app: Flask) -> None:
    """Before init-db there are no tables: one line says what to do."""
    result = create_admin(app)

    assert is_one_line_error(result)
    assert "init-db" in result.stderr


def test_commands_are_found_by_flask(tmp_path: Path) -> None:
    """`flask --app impl` finds the commands, and each says in its help what it does."""
    command = [sys.executable, "-m", "flask", "--app", "impl", "--help"]
    done = subprocess.run(
        command, env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr
    assert {"init-db", "create-admin"} <= set(done.stdout.split())


def test_bad_setting_is_one_line(tmp_path: Path) -> None:
    """A setting that is refused is one line for the server's command, which ends with status 2."""
    done = subprocess.run(
        [sys.executable, "-m", "impl"],
        env=environment(tmp_path, BOOKPLATE_ENV="production", SECRET_KEY="short-wrong-value"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "SECRET_KEY" in done.stderr
    assert "short-wrong-value" not in done.stderr
