"""Commands for operators: they can be repeated, and a mistake is one line."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from impl.app import create_app
from impl.backends.revisions import DatabaseError
from impl.backends.store import db
from impl.cli import command_line_app
from impl.server.starting import main as serve
from impl.settings import Settings, load_settings
from impl.users.models import User

from .commands import finish, is_refused_in_one_line, start_python
from .reference_server import environment

pytestmark = pytest.mark.long

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


def users(app: Flask) -> list[tuple[str, str]]:
    """Return email and role of every user."""
    with app.app_context():
        return [(row.email, row.role) for row in db.session.execute(select(User.email, User.role))]


def test_init_db_can_be_repeated(app: Flask) -> None:
    """init-db makes the tables; running it again changes nothing."""
    first = run(app, "init-db")
    create_admin(app)
    second = run(app, "init-db")

    assert (first.exit_code, second.exit_code, first.output) == (0, 0, second.output)
    assert users(app) == [("root@example.com", "admin")]


def test_create_admin_makes_an_admin(app: Flask) -> None:
    """create-admin creates a user with the role admin, and its output has no password."""
    run(app, "init-db")
    result = create_admin(app)

    assert (result.exit_code, users(app)) == (0, [("root@example.com", "admin")])
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
    """A user who could never log in, or with too short a password, is not created."""
    run(app, "init-db")
    result = create_admin(app, **values)

    assert users(app) == []
    assert is_one_line_error(result)
    assert name in result.stderr


def test_create_admin_without_tables_says_so(app: Flask) -> None:
    """Before init-db there are no tables: one line says what to do."""
    result = create_admin(app)

    assert is_one_line_error(result)
    assert "init-db" in result.stderr


def test_recount_books_says_what_was_wrong(app: Flask) -> None:
    """A count that is wrong is put right and told; of right ones nothing is told but that."""
    run(app, "init-db")
    with app.app_context():
        db.session.execute(text("INSERT INTO book_counts VALUES ('genre', 'fiction', 0, 3)"))
        db.session.commit()

    results = [run(app, "recount-books") for _ in range(2)]

    assert [(each.exit_code, each.output) for each in results] == [
        (0, "Counts that were wrong, and are right now: 1.\n"),
        (0, "All counts are right.\n"),
    ]


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


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [(["--help"], 0, "DATABASE_URL"), (["--port", "8080"], 2, "impl: it takes no '--port': settings are variables")],
)
def test_the_server_says_what_it_takes(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes no arguments: an option that it would pass over is refused before anything is opened."""
    assert serve(arguments) == status

    output, errors = capsys.readouterr()
    assert said in (output if status == 0 else errors)
    assert len(errors.splitlines()) == (1 if status else 0)


EACH_COMMAND = [["init-db"], ["create-admin", "--email", "a@b.example", "--username", "root"], ["seed-db"], ["prune"]]


@pytest.mark.parametrize("arguments", EACH_COMMAND, ids=lambda arguments: arguments[0])
@pytest.mark.parametrize(
    ("original", "said"),
    [
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "takes no writes"),
        (psycopg.errors.AdminShutdown("terminating connection"), "run this again"),
        (psycopg.errors.UndefinedTable("relation is not there"), "init-db"),
        (psycopg.errors.InsufficientPrivilege("permission denied"), "may do"),
        (psycopg.OperationalError("connection refused"), "see that DATABASE_URL leads to it"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_refusal_of_the_database_is_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, arguments: list[str], original: Exception, said: str
) -> None:
    """Whatever the database refuses in the middle of a command is one line with the reason and a remedy."""
    app = command_line_app(settings)
    error = DBAPIError.instance(
        "a statement", None, original, psycopg.Error, dialect=make_url("postgresql+psycopg://").get_dialect()()
    )

    def refuse(*_arguments: object, **_options: object) -> None:
        raise error

    for name in ("bring_up_to_date", "add_user", "_require_current_tables"):
        monkeypatch.setattr(f"impl.cli.{name}", refuse)
    result = run(app, *arguments)

    assert is_one_line_error(result), result.stderr
    assert result.exit_code == 2
    assert str(original) in result.stderr
    assert said in result.stderr


def test_file_that_takes_no_writes_is_named(tmp_path: Path) -> None:
    """On a read-only SQLite file, create-admin says what is the matter, and does not ask for init-db."""
    file = tmp_path / "books.db"
    run(command_line_app(load_settings(environment(tmp_path))), "init-db")
    settings = environment(
        tmp_path, DATABASE_URL=f"sqlite:///file:{file}?mode=ro&uri=true", BOOKPLATE_ENV="production", SECRET_KEY=SECRET
    )
    result = create_admin(command_line_app(load_settings(settings)))

    assert is_one_line_error(result), result.stderr
    assert (result.exit_code, "takes no writes" in result.stderr, "init-db" in result.stderr) == (2, True, False)


@pytest.mark.parametrize("content", [b"This is no database. " * 400, b"truncated"])
@pytest.mark.parametrize("kind", ["testing", "production"])
def test_file_that_is_no_database_is_one_line(tmp_path: Path, content: bytes, kind: str) -> None:
    """Neither the server nor a command starts on a file that is no database, or a damaged one."""
    file = tmp_path / "books.db"
    if content == b"truncated":
        run(command_line_app(load_settings(environment(tmp_path))), "init-db")
        content = file.read_bytes()[:5000]
        for each in tmp_path.glob("books.db*"):
            each.unlink()
    file.write_bytes(content)
    settings = environment(tmp_path, BOOKPLATE_ENV=kind, SECRET_KEY=SECRET)
    with pytest.raises(DatabaseError) as caught:
        create_app(load_settings(settings))

    assert "DATABASE_URL" in caught.value.message
    assert len(caught.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    "command", [["-m", "impl"], ["-m", "flask", "--app", "impl", "prune"]], ids=["server", "prune"]
)
def test_start_on_what_cannot_be_used_is_one_line(tmp_path: Path, command: list[str]) -> None:
    """A file that is no database ends the server, and a secret that is missing a command, with one line."""
    (tmp_path / "books.db").write_bytes(b"This is no database. " * 400)
    broken = finish(start_python(tmp_path, *command))
    secret = finish(start_python(tmp_path, *command, BOOKPLATE_ENV="production"))

    assert is_refused_in_one_line(broken), broken.stderr
    assert "DATABASE_URL" in broken.stderr
    assert is_refused_in_one_line(secret), secret.stderr
    assert "SECRET_KEY" in secret.stderr
