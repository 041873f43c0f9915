"""Log-ins that a database ends, and not the caller: they cost no attempt, so that an outage locks nobody out."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from impl.app import create_flask
from impl.backends import deadline
from impl.backends.connections import MOST_ATTEMPTS, repeating
from impl.backends.limiter import Attempts
from impl.backends.store import db
from impl.problems import InvalidCredentials
from impl.services import Services
from impl.settings import Settings
from impl.users.service import add_user

from ..people import PASSWORD

EMAIL = "reader@example.com"


@pytest.fixture(name="services")
def _services(settings: Settings) -> Iterator[Services]:
    """The services of an application with one user."""
    flask: Flask = create_flask(settings)
    with flask.app_context():
        add_user(flask.extensions["bookplate"].store, {"email": EMAIL, "username": "reader", "password": PASSWORD})
        yield flask.extensions["bookplate"]
        db.session.remove()
        db.engine.dispose()


class Outage:
    """A database that loses the connection in some of the next statements."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 0
        execute = db.session.execute

        def execute_or_fail(*args: Any, **kwargs: Any) -> Any:
            if self.left:
                self.left -= 1
                db.session.rollback()
                lost = psycopg.OperationalError("the connection was lost")
                raise OperationalError("SELECT", {}, lost, connection_invalidated=True)
            return execute(*args, **kwargs)

        monkeypatch.setattr(db.session, "execute", execute_or_fail)


def log_in(services: Services, password: str = PASSWORD) -> Any:
    """Log in as a request does: with a deadline, repeated where that may help, and each time with its own attempts."""
    token = deadline._current.set(deadline.Deadline(60))

    @repeating
    def handle() -> Any:
        attempts = Attempts(services.limits, services.contract.operations["log_in"].policies, {})
        return services.sign_in.log_in(EMAIL, password, attempts)

    try:
        return handle()
    finally:
        deadline._current.reset(token)


def test_repeated_log_in_takes_one_attempt(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log-in whose connection is lost twice succeeds, again and again: the right password locks nobody out."""
    outage = Outage(monkeypatch)
    for _ in range(6):
        outage.left = MOST_ATTEMPTS - 1
        assert log_in(services)["access_token"]


def test_outage_costs_no_attempt(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten log-ins that an outage ended, a user has all attempts."""
    outage = Outage(monkeypatch)
    for _ in range(10):
        outage.left = MOST_ATTEMPTS
        with pytest.raises(OperationalError):
            log_in(services)
    for _ in range(4):
        with pytest.raises(InvalidCredentials):
            log_in(services, "a wrong password, and long enough")

    assert log_in(services)["access_token"]
