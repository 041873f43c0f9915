"""
Takes away what nobody can use any more: refresh tokens, sessions and answers kept by idempotency key.

A refresh token stays as long as it would have been valid, also when it is spent, so that its reuse is seen. It then
stays for the lifetime of an access token, so that the one that came with it has expired too. A session goes when it has
no refresh token left. What is taken away cannot come back to use, so a walk may break off and begin again anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, and_, delete, exists, func, select, tuple_

from ..auth.models import RefreshToken, Session
from ..backends.store import db, now
from ..books.idempotency import KEPT_FOR
from ..books.models import KeptAnswer

ROWS_IN_A_STEP = 500
# Any number will do, as long as it is always the same and no other lock has it: these are the letters "bookprun".
ADVISORY_LOCK = 0x626F6F6B7072756E


@dataclass
class Pruned:
    """How many rows were looked at, and how many of each kind were taken away."""

    looked_at: int = 0
    refresh_tokens: int = 0
    sessions: int = 0
    kept_answers: int = 0

    def add(self, step: "Pruned") -> None:
        """Add what one more step did."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(step, each.name))


def prune(access_lifetime: int, *, waits: bool = False) -> Iterator[Pruned]:
    """
    Walk through the tables once, and yield what each step did.

    A step looks at 500 rows at most and is a short transaction. It needs an application context, each step its own.
    Where another process deletes at the same moment, a step leaves its rows to a later walk, or `waits` for its turn.
    """
    ended = now() - timedelta(seconds=access_lifetime)
    yield from _prune_tokens(ended, waits)
    yield from _prune_sessions(ended, waits)
    yield from _prune_answers(waits)


def count_rows() -> int:
    """Return about how many rows one walk looks at."""
    tables = (RefreshToken, Session)
    total = sum(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
    return total + (db.session.scalar(select(func.count()).where(_is_old_answer())) or 0)


# Tokens and sessions are walked through by their keys: no index leads to the expired ones, and a look at a few rows more
# each second costs less than one more index that every log-in and every refresh would have to write.


def _prune_tokens(ended: datetime, waits: bool) -> Iterator[Pruned]:
    query = select(RefreshToken.token_hash, RefreshToken.expires_at).order_by(RefreshToken.token_hash)
    last = ""
    while rows := _read(query.where(RefreshToken.token_hash > last)):
        last = rows[-1].token_hash
        dead = [row.token_hash for row in rows if row.expires_at <= ended]
        gone = _take_away(dead, delete(RefreshToken).where(RefreshToken.token_hash.in_(dead)), waits)
        yield Pruned(looked_at=len(rows), refresh_tokens=gone)


def _prune_sessions(ended: datetime, waits: bool) -> Iterator[Pruned]:
    has_tokens = exists().where(RefreshToken.session_id == Session.id)
    is_dead = and_(Session.created_at <= ended, ~has_tokens)
    query = select(Session.id, is_dead.label("is_dead")).order_by(Session.id)
    last = 0
    while rows := _read(query.where(Session.id > last)):
        last = rows[-1].id
        dead = [row.id for row in rows if row.is_dead]
        gone = _take_away(dead, delete(Session).where(Session.id.in_(dead)), waits)
        yield Pruned(looked_at=len(rows), sessions=gone)


def _prune_answers(waits: bool) -> Iterator[Pruned]:
    query = select(KeptAnswer.user_id, KeptAnswer.key).where(_is_old_answer()).order_by(KeptAnswer.created_at)
    while rows := _read(query):
        old = [(row.user_id, row.key) for row in rows]
        # By the age too: a new request may have taken the key again meanwhile.
        named = tuple_(KeptAnswer.user_id, KeptAnswer.key).in_(old)
        gone = _take_away(old, delete(KeptAnswer).where(named, _is_old_answer()), waits)
        yield Pruned(looked_at=len(rows), kept_answers=gone)
        if gone == 0 and not waits:
            return  # another process is at it


def _is_old_answer() -> ColumnElement[bool]:
    return KeptAnswer.created_at <= now() - KEPT_FOR


def _read(query: Select[Any, Any]) -> Any:
    rows = db.session.execute(query.limit(ROWS_IN_A_STEP)).all()
    # Nothing stays open between reading and writing; what is dead stays dead.
    db.session.rollback()
    return rows


def _take_away(dead: list[Any], statement: Delete, waits: bool) -> int:
    """Delete rows in a transaction of its own; none, where there are none or, unless this `waits`, another process does so."""
    if not dead:
        return 0
    try:
        connection = db.session.connection(execution_options={"writes": True})
        if connection.dialect.name == "postgresql":
            # Two processes that delete the same rows in different orders could wait for each other crosswise.
            if waits:
                connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            elif not connection.scalar(select(func.pg_try_advisory_xact_lock(ADVISORY_LOCK))):
                return 0
        gone = int(connection.execute(statement).rowcount)
        db.session.commit()
        return gone
    finally:
        db.session.rollback()
