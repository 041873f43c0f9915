"""One effect per Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from .problems import Problem
from .shapes import Book, BookInput
from .store import AnswerRow

KEPT_FOR = 24 * 3600


def once(
    database: Session, user_id: int, key: str | None, content: BookInput, make: Callable[[], Any]
) -> tuple[Any, bool]:
    """
    Return the answer, and whether it was given before; without a key it never was.

    There is one writer at a time: a request that repeats another waits for it here, and never meets it in flight.
    """
    if key is None:
        return make(), False
    sent = hashlib.sha256(content.model_dump_json().encode()).hexdigest()
    database.execute(delete(AnswerRow).where(AnswerRow.kept_until <= time.time()))
    if kept := database.get(AnswerRow, (user_id, key)):
        if kept.sent != sent:
            raise Problem("idempotency_key_reused")
        return Book.model_validate_json(kept.answer), True
    book, ends = make(), time.time() + KEPT_FOR
    database.add(AnswerRow(user_id=user_id, key=key, sent=sent, answer=book.model_dump_json(), kept_until=ends))
    return book, False
