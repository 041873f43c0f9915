"""What is wrong with the address of a database or of Redis, in words that never repeat it: it may hold a password."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import asbool

DATABASE_FORM = "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
REDIS_FORM = "must be redis://HOST:PORT/NUMBER"
ENCODE = "percent-encode what is special in a password (@ as %40, : as %3A, / as %2F, # as %23)"
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
# What libpq takes as whole numbers, and looks at only when it connects.
NUMBERS = ("connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")  # fmt: skip
HIGHEST_PORT = 65_535
MEMORY = ":memory:"


def fault_of_database(address: str) -> str | None:
    """Say what is wrong with a database's address; None, if it can be used."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return f"{DATABASE_FORM}: it does not parse; {ENCODE}, and write the port as a number"
    if url.drivername not in DRIVERS:
        return f"{DATABASE_FORM}, without the name of another driver"
    return _fault_of_file(url) if url.get_backend_name() == "sqlite" else _fault_of_server(url)


def fault_of_redis(address: str) -> str | None:
    """Say what is wrong with the address of a Redis; None, if it can be used."""
    if not address.startswith(("redis://", "rediss://", "unix://")):
        return REDIS_FORM
    try:
        from redis import ConnectionPool
    except ImportError:
        return "needs the package redis: install the dependency group `production`"
    try:
        parts = urlsplit(address)
        # Nothing is sent yet; the options that the address may hold are only read.
        ConnectionPool.from_url(address).make_connection()
    except (ValueError, TypeError, AttributeError):
        return f"{REDIS_FORM}: it does not parse; {ENCODE}, and look at the port and at what follows the ?"
    if "#" in address or "@" in parts.query:
        return f"{REDIS_FORM}: {ENCODE}"
    number = parts.path.strip("/")
    if parts.scheme != "unix" and number and not (number.isascii() and number.isdigit()):
        return f"{REDIS_FORM}: what follows the host must be a number; {ENCODE}"
    return None


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite database, or None for a database that is no file."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == MEMORY:
        return None
    if name.startswith("file:") and asbool(url.query.get("uri", False)):
        return _file_of_uri(name, url.query.get("mode"))
    return Path(name).resolve()


def _file_of_uri(uri: str, mode: object) -> Path | None:
    # https://www.sqlite.org/uri.html: an authority may stand before the path, and the path is percent-encoded.
    path = uri.removeprefix("file:").partition("#")[0]
    if path.startswith("//"):
        path = "/" + path.removeprefix("//").partition("/")[2]
    path = unquote(path)
    return None if mode == "memory" or path in ("", MEMORY) else Path(path).resolve()


def _fault_of_file(url: URL) -> str | None:
    if file_of(url) is None:
        return "must name a file, as sqlite:///FILE does: a database in memory would be another one for each connection"
    return None


def _fault_of_server(url: URL) -> str | None:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import make_conninfo
    except ImportError:
        return "needs the package psycopg: install the dependency group `production`"
    if "@" in (url.host or ""):
        return f"{DATABASE_FORM}: {ENCODE}"
    if url.port is not None and not 0 < url.port <= HIGHEST_PORT:
        return f"must have a port from 1 to {HIGHEST_PORT}"
    try:
        make_conninfo(**dict.fromkeys(url.query, ""))
    except ProgrammingError:
        return "has an option after the ? that PostgreSQL's client does not know"
    for name in NUMBERS:
        value = url.query.get(name)
        if value is not None and not (isinstance(value, str) and value.isascii() and value.isdigit()):
            return f"must have a whole number as {name}"
    return None
