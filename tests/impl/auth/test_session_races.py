"""What ends sessions, or deletes their user, between two steps of a request: no session outlives it, and nobody gets a 409."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from impl.auth import service, sessions
from impl.auth.models import Session
from impl.auth.passwords import is_password
from impl.backends.limiter import Attempts
from impl.backends.store import db
from impl.backends.transactions import Store
from impl.books import service as books
from impl.books.idempotency import KeysInFlight
from impl.cli import command_line_app
from impl.contract.authorization import Caller
from impl.problems import Conflict, InvalidCredentials, InvalidRefreshToken, InvalidToken, Problem
from impl.representation.content import tag_of
from impl.services import Services
from impl.settings import load_settings
from impl.users import service as users
from impl.users.models import User
from impl.users.schemas import dump_user
from tests.services.private import MissingProgram, private_postgresql

from ..backends.test_postgresql import new_database
from ..people import PASSWORD, unused_name
from ..reference_server import PATIENCE, environment

pytestmark = pytest.mark.long

NEW_PASSWORD = "a wholly different secret"
LIFETIME, GRACE = 3600, 5
# How long a step is held back for others that should wait for it; long enough that they would be through if they did not.
HELD = 1.0
Change = Callable[["Place", int], None]


@dataclass(frozen=True)
class Place:
    """The application on one kind of database."""

    app: Flask
    services: Services

    def new_user(self) -> tuple[int, str]:
        """Register a user; return id and email."""
        name = unused_name()
        user = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
        with self.app.app_context():
            return users.add_user(self.services.store, user)["id"], user["email"]

    def begin(self, user_id: int) -> tuple[int, str]:
        """Begin a session without a log-in."""
        with self.app.app_context():
            return sessions.begin_session(self.services.store, user_id, users.find_me(user_id).password_hash, LIFETIME)

    def log_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Open a session as a client would."""
        policies = self.services.contract.operations["log_in"].policies
        attempts = Attempts(self.services.limits, policies, {})
        with self.app.app_context():
            return self.services.sign_in.log_in(email, password, attempts)

    def sessions_of(self, user_id: int) -> int:
        """Count the sessions of a user."""
        with self.app.app_context():
            count = db.session.scalar(select(func.count()).select_from(Session).where(Session.user_id == user_id))
            return count or 0

    def tag(self, user_id: int) -> str:
        """Return what If-Match must say to change a user."""
        return tag_of(dump_user(users.find_me(user_id)))


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    try:
        # PostgreSQL runs as another user than root, who may not look into pytest's own folders.
        with tempfile.TemporaryDirectory(prefix="bookplate-") as folder, private_postgresql(Path(folder)) as address:
            yield new_database(address)
    except MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", name="place", params=["sqlite", "postgresql"])
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    chosen = {"DATABASE_URL": request.getfixturevalue("address")} if request.param == "postgresql" else {}
    settings = load_settings(environment(tmp_path_factory.mktemp("races"), REQUEST_TIMEOUT="30", **chosen))
    app = command_line_app(settings)
    with app.app_context():
        upgrade()
    yield Place(app, app.extensions["bookplate"])
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def caller_of(user_id: int) -> Caller:
    """Return a user as a caller, with a session that is none of those that are looked at."""
    return Caller(user_id, 0, "user", "free")


def change_password(place: Place, user_id: int) -> None:
    """Change the password as its owner would, in a session that is none of those that are looked at."""
    with place.app.app_context():
        patch = {"password": NEW_PASSWORD, "current_password": PASSWORD}
        users.change_me(place.services.store, caller_of(user_id), patch, place.tag(user_id))


def deactivate(place: Place, user_id: int) -> None:
    """Deactivate a user as an admin would."""
    with place.app.app_context():
        users.administer_user(place.services.store, user_id, {"active": False}, place.tag(user_id))


def delete(place: Place, user_id: int) -> None:
    """Delete a user."""
    with place.app.app_context():
        users.remove_user(place.services.store, users.find_me(user_id), place.tag(user_id))


CHANGES = pytest.mark.parametrize("change", [change_password, deactivate, delete])


@CHANGES
def test_log_in_is_refused_where_the_user_changed_while_its_password_was_verified(
    place: Place, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that was right when it was verified opens nothing once it was changed or its user is gone."""
    user_id, email = place.new_user()

    def verify_slowly(password_hash: str, password: str) -> bool:
        monkeypatch.undo()
        is_right = is_password(password_hash, password)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(change, place, user_id).result(PATIENCE)
        return is_right

    monkeypatch.setattr(service, "is_password", verify_slowly)
    with pytest.raises(InvalidCredentials):
        place.log_in(email)

    assert place.sessions_of(user_id) == 0


@CHANGES
def test_change_that_meets_a_log_in_before_its_commit_ends_the_new_session(
    place: Place, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was not yet committed when the user changed is ended with the others."""
    user_id, email = place.new_user()
    changes = held_before_commit(place, change, user_id, monkeypatch, lambda: place.log_in(email))

    assert changes.exception(PATIENCE) is None
    assert place.sessions_of(user_id) == 0


@CHANGES
def test_change_that_meets_a_refresh_before_its_commit_ends_its_session(
    place: Place, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh token that was handed out while the user changed is good for nothing."""
    user_id, _ = place.new_user()
    _, token = place.begin(user_id)
    following: list[str] = []

    def rotate() -> None:
        with place.app.app_context():
            following.append(sessions.rotate(place.services.store, token, LIFETIME, GRACE)[2])

    changes = held_before_commit(place, change, user_id, monkeypatch, rotate)

    assert changes.exception(PATIENCE) is None
    assert place.sessions_of(user_id) == 0
    with place.app.app_context(), pytest.raises(InvalidRefreshToken):
        sessions.rotate(place.services.store, following[0], LIFETIME, GRACE)


def held_before_commit(
    place: Place, change: Change, user_id: int, monkeypatch: pytest.MonkeyPatch, issue: Callable[[], object]
) -> "Future[None]":
    """Let a user be changed after a token was written and before that is committed; return what came of the change."""
    original = sessions._issue
    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[None]] = []

        def issue_and_wait(*arguments: Any) -> str:
            token = original(*arguments)
            db.session.flush()
            begun.append(pool.submit(change, place, user_id))
            time.sleep(HELD)
            return token

        monkeypatch.setattr(sessions, "_issue", issue_and_wait)
        issue()
        monkeypatch.undo()
    return begun[0]


@CHANGES
def test_log_in_waits_for_a_change_that_is_not_committed(
    place: Place, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-in that comes to its session while the user is being changed sees what comes of that."""
    user_id, email = place.new_user()
    is_changed, may_commit = Event(), Event()

    class SlowStore(Store):
        """A store whose transactions stand still before their commit."""

        def writing(self, *arguments: Any, **named: Any) -> Any:
            """Open a transaction."""
            return _Slowly(super().writing(*arguments, **named), is_changed, may_commit)

    slow = replace(place, services=replace(place.services, store=SlowStore(place.services.cache)))
    with ThreadPoolExecutor(2) as pool:
        changing = pool.submit(change, slow, user_id)
        assert is_changed.wait(PATIENCE)
        logging_in = pool.submit(place.log_in, email)
        time.sleep(HELD)
        may_commit.set()
        refusal = logging_in.exception(PATIENCE)

    assert changing.exception() is None
    assert isinstance(refusal, InvalidCredentials)
    assert place.sessions_of(user_id) == 0


class _Slowly:
    """A transaction that stands still before its commit."""

    def __init__(self, transaction: Any, is_changed: Event, may_commit: Event) -> None:
        self._transaction, self._is_changed, self._may_commit = transaction, is_changed, may_commit

    def __enter__(self) -> Any:
        return self._transaction.__enter__()

    def __exit__(self, *error: Any) -> Any:
        self._is_changed.set()
        self._may_commit.wait(PATIENCE)
        return self._transaction.__exit__(*error)


def test_password_is_not_changed_by_who_proved_an_old_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the password whose proof was verified before another change is refused."""
    user_id, email = place.new_user()

    def verify_slowly(password_hash: str, password: str) -> bool:
        monkeypatch.undo()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(change_password, place, user_id).result(PATIENCE)
        return is_password(password_hash, password)

    with place.app.app_context():
        tag = place.tag(user_id)
        monkeypatch.setattr(users, "is_password", verify_slowly)
        patch = {"password": "taken over", "current_password": PASSWORD}
        with pytest.raises(Problem) as caught:
            users.change_me(place.services.store, caller_of(user_id), patch, tag)

    assert caught.value.status == 412
    assert place.log_in(email, NEW_PASSWORD)["token_type"] == "Bearer"


@pytest.mark.parametrize("key", [None, "a-key"])
def test_book_of_a_user_that_is_gone_is_refused_as_its_token_is(place: Place, key: str | None) -> None:
    """A book that is added while its owner is deleted gets what a request after the deletion gets: 401."""
    user_id, _ = place.new_user()
    delete(place, user_id)
    content = {"title": "Dune", "author": "Frank Herbert", "price": "1.00"}
    with place.app.app_context(), pytest.raises(InvalidToken):
        books.add_book(place.services.store, caller_of(user_id), content, key, KeysInFlight())


def test_broken_constraint_is_a_conflict_only_where_a_value_is_taken(place: Place) -> None:
    """A taken value is a conflict that names it; a missing parent that nobody expects, and a missing value, are mistakes."""
    user_id, email = place.new_user()
    with place.app.app_context():
        user = {"email": email, "username": unused_name(), "password": PASSWORD}
        with pytest.raises(Conflict) as taken:
            users.add_user(place.services.store, user)
        with pytest.raises(IntegrityError), place.services.store.writing():
            db.session.execute(insert(Session).values(user_id=10**6))
        with pytest.raises(IntegrityError), place.services.store.writing():
            db.session.execute(insert(Session).values(user_id=None))
        with pytest.raises(InvalidToken), place.services.store.writing(missing_parent=InvalidToken):
            db.session.execute(insert(Session).values(user_id=10**6))
        with pytest.raises(IntegrityError), place.services.store.writing(missing_parent=InvalidToken):
            db.session.execute(insert(User).values(id=user_id))

    assert [each["pointer"] for each in taken.value.faults] == ["/email"]
