"""Which tables this code needs and which ones the database has, found without Alembic, which costs 11 MB."""

import logging
import re
from functools import cache
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import scoped_session

from ..problems import Problem, Unavailable
from .database_errors import is_broken_file, is_read_only, is_unavailable
from .store import db

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
# undefined_table and undefined_column (PostgreSQL, appendix A); SQLite has words only.
POSTGRESQL_STATES = ("42P01", "42703")
SQLITE_WORDS = re.compile(r"no such (table|column)|has no column named")
log = logging.getLogger(__name__)


class DatabaseError(click.ClickException):
    """The database cannot be used as it is; the message is one line that says what to mend."""

    exit_code = 2


@cache
def known_revisions(versions: Path = VERSIONS) -> tuple[str, ...]:
    """
    Return the revisions that this code knows, in their order; the last one has the tables that it needs.

    Raises RuntimeError where the files of the migrations are no single line.
    """
    following: dict[str | None, str] = {}
    for path in versions.glob("*.py"):
        content = path.read_text()
        before = _assigned("down_revision", content)
        revision = _assigned("revision", content)
        if revision is None or before in following:
            raise RuntimeError(f"{path.name} names no revision, or follows one that another follows already")
        following[before] = revision
    ordered: list[str] = []
    while (last := ordered[-1] if ordered else None) in following:
        ordered.append(following[last])
    return tuple(ordered)


def head_revision() -> str:
    """Return the revision whose tables this code needs."""
    return known_revisions()[-1]


def find_revision(database: Connection | scoped_session[Any]) -> str | None:
    """Return the revision of the database's tables; None before the first migration."""
    try:
        return database.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        database.rollback()
        if is_schema_error(error):
            return None
        raise


def is_schema_error(error: DBAPIError) -> bool:
    """Tell whether a statement failed because the database lacks a table or a column."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in POSTGRESQL_STATES
    return bool(SQLITE_WORDS.search(str(error.orig)))


def first_line(error: DBAPIError) -> str:
    """Return what the database says of an error, without what the driver adds to it."""
    return str(error.orig).strip().partition("\n")[0]


def explain(error: SQLAlchemyError) -> str:
    """Say in one sentence why the database could not do what a command wants, and what mends it."""
    if not isinstance(error, DBAPIError):
        return f"The database cannot be used: {type(error).__name__}. Look at DATABASE_URL and at the server."
    said = first_line(error)
    if is_read_only(error):
        return f"The database takes no writes ({said}): make it writable, or let DATABASE_URL name the one that is."
    if is_broken_file(error):
        return f"The file that DATABASE_URL names cannot be used ({said}): restore it, or name another file."
    if is_schema_error(error):
        return f"The database lacks a table or a column ({said}): run init-db."
    if is_unavailable(error):
        return f"The database cannot be used now ({said}): see that DATABASE_URL leads to it and that it runs, and run this again."
    return f"The database refuses this ({said}): look at DATABASE_URL and at what its user may do."


class DatabaseCommand(click.Command):
    """A command that needs the database: whatever that refuses is one line with a remedy."""

    def invoke(self, ctx: click.Context) -> Any:
        """
        Run the command.

        Raises DatabaseError, or ClickException where the command itself was refused.
        """
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as error:
            raise DatabaseError(explain(error)) from None
        except Problem as problem:
            raise click.ClickException(str(problem)) from None


def difference(revision: str | None) -> str:
    """Say in one sentence how the database's revision differs from the one that is needed, and what mends it."""
    if revision is None:
        return f"The database has no tables yet, and this code needs revision {head_revision()}: run init-db."
    if revision in known_revisions():
        return f"The database has revision {revision}, and this code needs {head_revision()}: run init-db."
    return f"The database has revision {revision}, which this code does not know: run newer code."


class SchemaCheck:
    """Whether the database has had the tables of this code; until then no request is answered from it."""

    def __init__(self) -> None:
        self._has_matched = False

    def require_current(self) -> None:
        """
        Look at the database's revision, for readiness.

        Raises Unavailable, which says what to mend, where it is not the one that this code needs.
        """
        revision = find_revision(db.session)
        if revision != head_revision():
            # What has been ready goes on answering: of two codes beside each other one is always on other tables.
            log.error("not ready: %s", difference(revision))
            raise Unavailable(difference(revision))
        self._has_matched = True

    def require_once_current(self) -> None:
        """
        Look at the database's revision until it has been the right one, for all other requests.

        Raises Unavailable, which tells a caller nothing of the database.
        """
        if self._has_matched:
            return
        try:
            self.require_current()
        except Unavailable:
            raise Unavailable() from None


def _assigned(name: str, content: str) -> str | None:
    found = re.search(rf"^{name}(?:: [^=\n]+)? = [\"'](\w+)[\"']$", content, re.MULTILINE)
    return found[1] if found else None
