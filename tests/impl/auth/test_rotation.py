"""Refresh tokens and time: how long the previous one may come again, and what a clock that jumps changes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from impl.app import create_flask
from impl.auth import sessions
from impl.auth.models import Session
from impl.auth.sessions import begin_session, rotate
from impl.backends.store import db, now
from impl.backends.transactions import Store
from impl.problems import InvalidRefreshToken
from impl.settings import Settings
from impl.users.models import User

LIFETIME, GRACE = 3600, 5


@pytest.fixture(name="flask")
def _flask(settings: Settings) -> Iterator[Flask]:
    """The application with one user."""
    flask = create_flask(settings)
    with flask.app_context():
        with flask.extensions["bookplate"].store.writing() as database:
            user = User(email="a@b.cd", email_key="a@b.cd", username="a", username_key="a", password_hash="none")
            database.add(user)
        yield flask
        db.engine.dispose()


@pytest.fixture(name="store")
def _store(flask: Flask) -> Store:
    """The store of the application."""
    store: Store = flask.extensions["bookplate"].store
    return store


@pytest.fixture(name="session")
def _session(store: Store) -> tuple[int, str]:
    """A session with its first refresh token."""
    return begin_session(store, db.session.execute(db.select(User.id)).scalar_one(), "none", LIFETIME)


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Move the clock of sessions away from that of the machine."""
    monkeypatch.setattr(sessions, "now", lambda: now() + timedelta(seconds=seconds))


def is_refused(store: Store, token: str, grace: int = GRACE) -> bool:
    """Try a refresh token that should not be good any more."""
    with pytest.raises(InvalidRefreshToken):
        rotate(store, token, LIFETIME, grace)
    return True


def lives(session_id: int) -> bool:
    """Tell whether a session is still there."""
    return db.session.get(Session, session_id, populate_existing=True) is not None


@pytest.mark.parametrize(
    ("seconds", "is_forgiven"),
    [(0, True), (4, True), (6, False), (3600, False), (-4, True), (-3600, False)],
    ids=["at once", "within", "after", "much later", "a clock behind", "a clock set back"],
)
def test_the_previous_token_is_forgiven_for_the_grace_alone(
    store: Store, session: tuple[int, str], monkeypatch: pytest.MonkeyPatch, seconds: float, is_forgiven: bool
) -> None:
    """The token before the present one is always refused; the session ends unless it came within the grace."""
    session_id, first = session
    _, _, second = rotate(store, first, LIFETIME * 10, GRACE)
    at(monkeypatch, seconds)
    with pytest.raises(InvalidRefreshToken):
        rotate(store, first, LIFETIME * 10, GRACE)

    assert lives(session_id) is is_forgiven
    if is_forgiven:
        assert rotate(store, second, LIFETIME * 10, GRACE)[1] == session_id


def test_without_a_grace_reuse_ends_the_session_at_once(store: Store, session: tuple[int, str]) -> None:
    """A document that declares none gets none."""
    rotate(store, session[1], LIFETIME, 0)

    assert is_refused(store, session[1], grace=0)
    assert not lives(session[0])


@pytest.mark.parametrize("seconds", [0, -3600, 3600], ids=["steady", "set back between", "set forward between"])
def test_an_older_token_has_no_grace(
    store: Store, session: tuple[int, str], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """The token before the previous one ends the session, whatever the clock did between the rotations."""
    session_id, first = session
    _, _, second = rotate(store, first, LIFETIME * 10, GRACE)
    at(monkeypatch, seconds)
    rotate(store, second, LIFETIME * 10, GRACE)
    monkeypatch.undo()

    assert is_refused(store, first)
    assert not lives(session_id)


def test_a_clock_set_back_between_rotations_leaves_the_grace(
    store: Store, session: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which token is the previous one does not hang on the times of the rotations."""
    session_id, first = session
    _, _, second = rotate(store, first, LIFETIME * 10, GRACE)
    at(monkeypatch, -600)
    rotate(store, second, LIFETIME * 10, GRACE)

    with pytest.raises(InvalidRefreshToken):
        rotate(store, second, LIFETIME * 10, GRACE)

    assert lives(session_id)


def test_an_expired_token_is_refused(store: Store, session: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that nobody used in time is good for nothing, and tells of no theft."""
    at(monkeypatch, LIFETIME + 1)

    assert is_refused(store, session[1])
    assert lives(session[0])
