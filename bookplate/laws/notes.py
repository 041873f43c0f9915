"""What a law says of itself while it is tried: which part of it was not tested."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)


def partly(reason: str) -> None:
    """Say, inside a law, which part of it is not tested and why; it may be said several times."""
    notes = _notes.get()
    if notes is not None and reason:
        notes.append(reason)


@contextmanager
def noted() -> Iterator[list[str]]:
    """Collect what is said with `partly` inside this block."""
    notes: list[str] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)
