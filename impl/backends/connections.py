"""
The connections to the database: their timeouts, and how each is cut where its request was given up.

A connection that waits in the pool has nothing to read; if there is something, the server has ended it. Looking at
the socket finds that without a message to the server, which a ping before each use would cost.
"""

import math
import os
import select
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from random import uniform
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError

from ..settings import Settings
from . import deadline
from .database_errors import is_read_only, is_repeatable
from .watched_pool import WatchedPool
from .workers import P, R, most_connections

MOST_ATTEMPTS = 3
# Where the socket of a connection, and when it was made, stand in the pool's record of it.
SOCKET, MADE_AT = "bookplate socket", "bookplate made at"
CLOSED = -1
# When this request met a server that only lets itself be read: it takes no connection that was made before.
_left_at: ContextVar[float] = ContextVar("read-only server left at", default=0.0)


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return SQLAlchemy's options for an engine that serves requests."""
    timeouts = settings.timeouts
    options: dict[str, Any] = {
        "pool_size": most_connections(settings.threads),
        "pool_timeout": timeouts.pool,
        "hide_parameters": True,
    }
    if settings.metrics_port:
        options["poolclass"] = WatchedPool
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        return options | {"connect_args": {"timeout": timeouts.lock}}
    return options | {"connect_args": _postgresql_arguments(settings)}


def _postgresql_arguments(settings: Settings) -> dict[str, Any]:
    # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    timeouts = settings.timeouts
    limits = {
        "statement_timeout": timeouts.statement,
        "lock_timeout": timeouts.lock,
        # Where the network is gone, the server learns late that nobody works in a transaction, which may hold locks.
        "idle_in_transaction_session_timeout": 5 * timeouts.request,
    }
    given = make_url(settings.database_url).query
    ours = [f"-c {name}={_milliseconds(seconds)}" for name, seconds in limits.items()]
    defaults = {
        "connect_timeout": max(2, round(timeouts.connect)),
        # The other end of a connection may vanish without a word. What was sent is then unacknowledged for this long,
        "tcp_user_timeout": _milliseconds(2 * timeouts.request),
        # and where nothing was sent, the system asks.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    # What the operator put into DATABASE_URL wins.
    arguments = {name: value for name, value in defaults.items() if name not in given}
    return arguments | {"options": " ".join([*ours, *_texts(given.get("options"))])}


class Line:
    """
    The socket of a connection, under a descriptor of our own.

    The driver's number may belong to another connection by the time it is used.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)

    def cut(self) -> None:
        """End the connection for the driver and the server, from any thread; one that is closed stays so."""
        with suppress(OSError):
            line = socket.socket(fileno=self._descriptor)
            try:
                line.shutdown(socket.SHUT_RDWR)
            finally:
                line.detach()

    def has_something_to_read(self) -> bool:
        """Tell whether the server has sent something, which to an idle connection is its end."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Give the descriptor back, once."""
        descriptor, self._descriptor = self._descriptor, CLOSED
        if descriptor != CLOSED:
            os.close(descriptor)

    # A pool that nobody disposes of drops its connections without closing them.
    __del__ = close


def repeating(function: Callable[P, R]) -> Callable[P, R]:
    """
    Have a function run again where a lost connection or another transaction ended it; at most three times in all.

    That is safe while nothing was committed: the database rolls back what a lost connection left open. It is done for
    requests only, since their deadline knows whether anything was committed and whether somebody still waits.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, MOST_ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except DBAPIError as error:
                present = deadline.current()
                if present is None or not present.may_repeat or not is_repeatable(error):
                    raise
                # Two that met crosswise would otherwise meet again.
                time.sleep(uniform(0, 0.02 * attempt))
        return function(*args, **kwargs)

    return run


@event.listens_for(Engine, "connect")
def _keep_socket(connection: Any, record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        record.info[SOCKET] = Line(connection.fileno())
        record.info[MADE_AT] = time.monotonic()
        _hold(connection, record)


@event.listens_for(Engine, "checkout")
def _check_out(connection: Any, record: Any, _proxy: Any) -> None:
    if SOCKET in record.info and record.info[SOCKET].has_something_to_read():
        raise DisconnectionError("the server has ended this connection")
    if record.info.get(MADE_AT, math.inf) < _left_at.get():
        raise DisconnectionError("this connection may lead to a server that only lets itself be read")
    _hold(connection, record)


@event.listens_for(Engine, "checkin")
def _check_in(_connection: Any, record: Any) -> None:
    if present := deadline.current():
        present.release(id(record))


@event.listens_for(Engine, "close")
def _close_socket(_connection: Any, record: Any) -> None:
    if present := deadline.current():
        present.release(id(record))
    if line := record.info.pop(SOCKET, None):
        line.close()


@event.listens_for(Engine, "handle_error")
def _leave_read_only_server(context: Any) -> None:
    # A new connection may lead to the primary, where DATABASE_URL names several hosts. So this one is replaced, and the
    # work runs again on one that is made for it. If that is no better, nothing is replaced: it serves reads.
    if context.dialect.name != "postgresql" or not is_read_only(context.sqlalchemy_exception):
        return
    if not _left_at.get():
        _left_at.set(time.monotonic())
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def renew(connection: Connection) -> None:
    """Replace a connection to a server that takes no writes by one that is made now, for this request alone."""
    _left_at.set(time.monotonic())
    connection.invalidate()
    connection.rollback()


def _hold(connection: Any, record: Any) -> None:
    if present := deadline.current():
        line = record.info.get(SOCKET)
        present.hold(id(record), connection.interrupt if line is None else line.cut)


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
