"""Sessions: begun by a log-in, renewed by rotation, ended by log-out, reuse or deletion."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, bindparam, delete, select, update

from ..backends.reads import Query
from ..backends.store import db, now
from ..backends.transactions import Store
from ..contract.authorization import Caller, Claims
from ..problems import InvalidCredentials, InvalidRefreshToken
from ..users.models import USERS, User
from .models import RefreshToken, Session

SESSIONS = Session.metadata.tables[Session.__tablename__]
# Asked for every request with a token.
CALLER = Query(
    select(USERS.c.role, USERS.c.tier)
    .join_from(USERS, SESSIONS, SESSIONS.c.user_id == USERS.c.id)
    .where(SESSIONS.c.id == bindparam("session"), USERS.c.id == bindparam("user"), USERS.c.active)
)
TIER = Query(select(USERS.c.tier).where(USERS.c.id == bindparam("user")))


def find_caller(claims: Claims) -> Caller | None:
    """Return who a verified token stands for, if the session lives and the user is active."""
    row = CALLER.first({"session": claims.session_id, "user": claims.user_id})
    return Caller(claims.user_id, claims.session_id, *row) if row else None


def find_tier(user_id: int) -> str | None:
    """Return the tier of a user, which sets the quotas; None, if there is no such user."""
    row = TIER.first({"user": user_id})
    return row[0] if row else None


def begin_session(store: Store, user_id: int, password_hash: str, lifetime: int) -> tuple[int, str]:
    """
    Return the id and the first refresh token of a new session; the token is good for `lifetime` seconds.

    Raises InvalidCredentials for a user who is no longer active, or whose hash is no longer the one that was verified.
    """
    with store.writing(()) as database:
        # Verifying took its time. From here to the commit nobody changes the user, and a change that ends the user's
        # sessions after that finds this one. Shared, since log-ins of one user need not wait for each other.
        verified = (User.id == user_id, User.password_hash == password_hash, User.active)
        if database.execute(select(User.id).where(*verified).with_for_update(read=True)).first() is None:
            raise InvalidCredentials()
        session = Session(user_id=user_id)
        database.add(session)
        database.flush()
        return session.id, _issue(session.id, now(), lifetime)


def rotate(store: Store, token: str, lifetime: int, grace: int) -> tuple[int, int, str]:
    """
    Spend a refresh token and return user id, session id and the next token, which is good for `lifetime` seconds.

    Raises InvalidRefreshToken. A token that was spent before ends its session (RFC 9700, section 4.14); for `grace`
    seconds after its rotation the one before the present token is refused and ends nothing.
    """
    with store.writing(()) as database:
        # The session first, as deleting it does: two rotations then wait for each other instead of meeting crosswise.
        session = database.execute(_session_of(token).with_for_update(of=Session)).first()
        # Asked anew behind the lock: what was read with it may be as old as the beginning of the wait.
        known = database.execute(_times_of(token)).first() if session else None
        moment = now()
        if session and known and known.spent_at is None and known.expires_at > moment and session.active:
            database.execute(update(RefreshToken).where(_is(token)).values(spent_at=moment))
            return session.user_id, session.id, _issue(session.id, moment, lifetime)
        if session and known and known.spent_at and not _is_in_grace(session.id, known.spent_at, lifetime, grace):
            database.execute(delete(Session).where(Session.id == session.id))
    raise InvalidRefreshToken()


def end_session(store: Store, session_id: int) -> None:
    """End a session with all its tokens."""
    with store.writing(()) as database:
        database.execute(delete(Session).where(Session.id == session_id))


def end_sessions_of(user_id: int, *, but: int | None = None) -> None:
    """End a user's sessions, but for one, within the present transaction."""
    db.session.execute(delete(Session).where(Session.user_id == user_id, Session.id != (but or 0)))


def _issue(session_id: int, moment: datetime, lifetime: int) -> str:
    token = secrets.token_urlsafe(32)
    expires = moment + timedelta(seconds=lifetime)
    db.session.add(RefreshToken(token_hash=_hash(token), session_id=session_id, expires_at=expires))
    return token


def _is_in_grace(session_id: int, spent_at: datetime, lifetime: int, grace: int) -> bool:
    # Clocks of several servers differ and may be set back: a moment that seems to lie ahead is as near as one behind.
    if abs(now() - spent_at) >= timedelta(seconds=grace):
        return False
    # The next token was issued in the moment in which this one was spent; while that one is unspent, it is the present
    # one. Comparing the moments of two rotations instead would trust that the clock went forward in between.
    is_next = RefreshToken.expires_at == spent_at + timedelta(seconds=lifetime)
    present = select(RefreshToken.token_hash).where(
        RefreshToken.session_id == session_id, RefreshToken.spent_at.is_(None), is_next
    )
    return db.session.execute(present).first() is not None


def _session_of(token: str) -> Select[int, int, bool]:
    query = select(Session.id, Session.user_id, User.active).join(User, User.id == Session.user_id)
    return query.join(RefreshToken, RefreshToken.session_id == Session.id).where(_is(token))


def _times_of(token: str) -> Select[datetime, datetime | None]:
    return select(RefreshToken.expires_at, RefreshToken.spent_at).where(_is(token))


def _is(token: str) -> ColumnElement[bool]:
    return RefreshToken.token_hash == _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
