"""What nobody can use any more goes, in small steps, and nothing else does."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from impl.auth.models import RefreshToken, Session
from impl.backends.store import db, now
from impl.background.pruning import ROWS_IN_A_STEP, Pruned, count_rows, prune
from impl.books.idempotency import keep_answer
from impl.books.models import KeptAnswer
from impl.cli import command_line_app
from impl.settings import Settings
from impl.users.models import User

from ..commands import run_command
from ..reference_server import PATIENCE, serving

pytestmark = pytest.mark.long

ACCESS_LIFETIME = 600
MANY = 3 * ROWS_IN_A_STEP + 1
MOMENT, DAY = timedelta(seconds=5), timedelta(days=1)
JUST_DEAD = timedelta(seconds=ACCESS_LIFETIME) + MOMENT


@pytest.fixture(name="app")
def _app(settings: Settings) -> Iterator[Flask]:
    app = command_line_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(name="user")
def _user(app: Flask) -> int:
    user = User(email="a@example.com", email_key="a@example.com", username="a-1", username_key="a-1", password_hash="x")
    db.session.add(user)
    db.session.commit()
    return user.id


def add_session(user_id: int, *expired_for: timedelta, began: timedelta = 30 * DAY) -> int:
    """Add a session that began some time ago, with a token for each time since it expired."""
    session = Session(user_id=user_id, created_at=now() - began)
    db.session.add(session)
    db.session.flush()
    for number, ago in enumerate(expired_for):
        name = f"{session.id}-{number}"
        # Every token but the last of a session is spent.
        spent = now() - 30 * DAY if number < len(expired_for) - 1 else None
        db.session.add(RefreshToken(token_hash=name, session_id=session.id, expires_at=now() - ago, spent_at=spent))
    db.session.commit()
    return session.id


def run_walk() -> tuple[Pruned, list[Pruned]]:
    """Walk once; return the sum of the steps, and each."""
    total, steps = Pruned(), list(prune(ACCESS_LIFETIME))
    for step in steps:
        total.add(step)
    return total, steps


def left() -> tuple[set[str], set[int]]:
    """Return the tokens and sessions that are there."""
    db.session.rollback()
    return set(db.session.scalars(select(RefreshToken.token_hash))), set(db.session.scalars(select(Session.id)))


def count(table: type[RefreshToken] | type[Session] | type[KeptAnswer]) -> int:
    """Count the rows of a table."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_only_what_is_of_no_use_goes(user: int) -> None:
    """A token stays while it is valid, spent or not, and while its access token may live; a session while it has one."""
    live = add_session(user, -DAY)
    spent = add_session(user, -MOMENT, -DAY)
    barely = add_session(user, JUST_DEAD - 3 * MOMENT)
    mixed = add_session(user, JUST_DEAD, -DAY)
    add_session(user, JUST_DEAD)
    add_session(user, 20 * DAY, JUST_DEAD)
    add_session(user)
    fresh = add_session(user, began=MOMENT)
    total, _ = run_walk()

    tokens = {f"{live}-0", f"{spent}-0", f"{spent}-1", f"{barely}-0", f"{mixed}-1"}
    assert left() == (tokens, {live, spent, barely, mixed, fresh})
    assert (total.refresh_tokens, total.sessions, total.kept_answers) == (4, 3, 0)


def add_many(user_id: int) -> None:
    """Add many dead sessions with a token each, and many old answers."""
    past, expired = now() - 40 * DAY, now() - 10 * DAY
    numbers = range(1, MANY + 1)
    db.session.execute(insert(Session), [{"id": each, "user_id": user_id, "created_at": past} for each in numbers])
    tokens = [{"token_hash": f"{each:064d}", "session_id": each, "expires_at": expired} for each in numbers]
    db.session.execute(insert(RefreshToken), tokens)
    db.session.execute(insert(KeptAnswer), [answer(user_id, f"old-{each}", past) for each in numbers])
    db.session.commit()


def answer(user_id: int, key: str, created_at: datetime) -> dict[str, object]:
    """Return a kept answer as a row."""
    return {"user_id": user_id, "key": key, "fingerprint": "x", "answer": "{}", "created_at": created_at}


def test_many_rows_go_in_small_steps(user: int) -> None:
    """However many rows are dead, a step looks at 500 at most; one walk takes all away, and the next one nothing."""
    add_many(user)
    db.session.execute(insert(KeptAnswer), [answer(user, "new", now() - DAY + 12 * MOMENT)])
    db.session.commit()
    wanted = count_rows()
    total, steps = run_walk()
    again, _ = run_walk()

    assert max(step.looked_at for step in steps) == ROWS_IN_A_STEP
    assert (total.refresh_tokens, total.sessions, total.kept_answers) == (MANY, MANY, MANY)
    assert (total.looked_at, again) == (wanted, Pruned())
    assert (count(RefreshToken), count(Session), count(KeptAnswer)) == (0, 0, 1)


def test_walk_that_broke_off_is_made_up_for(user: int) -> None:
    """A walk may end anywhere, and writers come in between: the next one takes the rest."""
    add_many(user)
    for _ in zip(range(2), prune(ACCESS_LIFETIME), strict=False):
        live = add_session(user, -DAY)
    run_walk()

    assert count(RefreshToken) == 2
    assert live in left()[1]


def test_two_walks_at_once_take_each_row_once(user: int) -> None:
    """Two processes that prune at once take away together what is dead, and nothing twice."""
    add_many(user)
    total = Pruned()
    walks = [prune(ACCESS_LIFETIME), prune(ACCESS_LIFETIME)]
    while steps := [step for step in (next(walk, None) for walk in walks) if step]:
        for step in steps:
            total.add(step)

    assert (total.refresh_tokens, total.sessions, total.kept_answers) == (MANY, MANY, MANY)


def test_new_answer_takes_the_place_of_one_old_row_only(app: Flask, user: int) -> None:
    """A request with a key whose answer is old replaces that one, and does not clear up after everybody else."""
    add_many(user)
    with app.extensions["bookplate"].store.writing():
        keep_answer(user, "old-7", {"title": "x"}, lambda: {"id": 1})
    row = db.session.execute(select(KeptAnswer.answer).where(KeptAnswer.key == "old-7")).scalar_one()

    assert (row, count(KeptAnswer)) == ('{"id":1}', MANY)


def test_pruning_ends_no_cached_answer(app: Flask, user: int) -> None:
    """What is taken away is in no answer, so the cache stays as it is."""
    add_many(user)
    cache = app.extensions["bookplate"].cache
    generation = cache.generation()
    run_walk()

    assert cache.generation() == generation


def test_command_prunes_and_says_what_it_did(app: Flask, user: int, tmp_path: Path) -> None:
    """`prune` takes everything away at once and says how much that was; running it again changes nothing."""
    add_many(user)
    first, second = run_command(tmp_path, "prune"), run_command(tmp_path, "prune")

    said = f"Deleted {MANY} refresh tokens, {MANY} sessions and {MANY} kept answers."
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, said), first.stderr
    assert second.stdout.splitlines()[-1] == "Deleted 0 refresh tokens, 0 sessions and 0 kept answers."


def test_command_explains_itself(tmp_path: Path) -> None:
    """The help of `prune` says what goes and what stays."""
    done = run_command(tmp_path, "prune", "--help")

    assert done.returncode == 0
    assert {"sessions,", "refresh", "24", "hours."} <= set(done.stdout.split())


@pytest.mark.nightly  # at every change the command prunes, and what a server does is tried in this process
def test_server_prunes_by_itself(app: Flask, user: int, tmp_path: Path) -> None:
    """A running server takes old rows away beside its requests, and leaves the live ones."""
    add_many(user)
    live = add_session(user, -DAY)
    with serving(tmp_path) as server:
        deadline = monotonic() + 2 * PATIENCE
        while rows(server.database) != (1, 1, 0) and monotonic() < deadline:
            sleep(0.2)
        found = rows(server.database)

    assert found == (1, 1, 0)
    assert left()[1] == {live}


def rows(database: Path) -> tuple[int, int, int]:
    """Count tokens, sessions and kept answers in a file."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        tables = ("refresh_tokens", "sessions", "kept_answers")
        tokens, sessions, answers = (
            connection.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in tables
        )
    return tokens, sessions, answers
