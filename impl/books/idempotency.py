"""One effect per Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import delete, select

from ..backends.store import db, now
from ..problems import KeyInFlight, KeyReused
from .models import KeptAnswer

KEPT_FOR = timedelta(hours=24)
Content = dict[str, Any]


class KeysInFlight:
    """The keys whose first request this process is answering now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: set[tuple[int, str]] = set()

    @contextmanager
    def hold(self, user_id: int, key: str) -> Iterator[None]:
        """
        Hold a key while its request is answered.

        Raises KeyInFlight; another process waits for the row instead, and then finds the answer.
        """
        with self._lock:
            if (user_id, key) in self._keys:
                raise KeyInFlight()
            self._keys.add((user_id, key))
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard((user_id, key))


def find_answer(user_id: int, key: str, content: Content) -> Content | None:
    """
    Return what the first request with a key was answered, or None for the first.

    Raises KeyReused for other content.
    """
    query = select(KeptAnswer.fingerprint, KeptAnswer.answer)
    named = (KeptAnswer.user_id == user_id, KeptAnswer.key == key, KeptAnswer.created_at > now() - KEPT_FOR)
    kept = db.session.execute(query.where(*named)).first()
    if kept is None:
        return None
    if kept.fingerprint != _fingerprint(content):
        raise KeyReused()
    return dict(orjson.loads(kept.answer))


def keep_answer(user_id: int, key: str, content: Content, make: Callable[[], Content]) -> Content:
    """Make the answer and keep it, in the transaction that has the effect: both are there, or neither."""
    # One row at most, in which an answer of long ago may still stand; all others that are old are for pruning.py.
    is_old = KeptAnswer.created_at <= now() - KEPT_FOR
    db.session.execute(delete(KeptAnswer).where(KeptAnswer.user_id == user_id, KeptAnswer.key == key, is_old))
    # First, so that another process with this key waits here, before it can meet a unique value of the book.
    kept = KeptAnswer(user_id=user_id, key=key, fingerprint=_fingerprint(content), answer="")
    db.session.add(kept)
    db.session.flush()
    answer = make()
    kept.answer = orjson.dumps(answer).decode()
    return answer


def _fingerprint(content: Content) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
