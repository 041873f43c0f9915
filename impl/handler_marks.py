"""What a handler says of itself, for those who call it: decorators that note it, and the record that they fill."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Arguments = dict[str, Any]


@dataclass(frozen=True)
class Marks:
    """What a handler says of itself; by default nothing."""

    # On what its answer depends: names as in backends/generations.py, with arguments of the operation in braces.
    shows: tuple[str, ...] = ()
    # It never blocks, and needs no thread.
    is_threadless: bool = False
    # Whether it hashes a password, by its arguments.
    hashes_password: Callable[[Arguments], bool] | None = None
    # What is done after each 200; it is given what its parameters name, as a handler is.
    after_200: Callable[..., None] | None = None
    is_refused_while_stopping: bool = False


def marks_of(handler: Callable[..., Any]) -> Marks:
    """Return what a handler says of itself."""
    marks = getattr(handler, "marks", None)
    return marks if isinstance(marks, Marks) else Marks()


def shows(*names: str) -> Callable[[F], F]:
    """
    Say on what a handler's answer depends: names, with arguments of the operation in braces, as in "book:{book_id}".

    An answer of a handler that says nothing depends on every write.
    """
    return _marking(shows=names)


def hashes_password(when: Callable[[Arguments], bool]) -> Callable[[F], F]:
    """Mark a handler that hashes a password where its arguments are so: it then runs in the pool for that."""
    return _marking(hashes_password=when)


def after_each_200(note: Callable[..., None]) -> Callable[[F], F]:
    """Have a function called after each 200, cached ones included, with what its parameters name; HEAD is none."""
    return _marking(after_200=note)


def needs_no_thread(handler: F) -> F:
    """Mark a handler that never blocks: it runs on the event loop and answers even when every thread waits."""
    return _marking(is_threadless=True)(handler)


def refused_while_stopping(handler: F) -> F:
    """Mark a handler that is not asked from the moment on in which the server is asked to stop: the answer is 503."""
    return _marking(is_refused_while_stopping=True)(handler)


def _marking(**changes: Any) -> Callable[[F], F]:
    def mark(handler: F) -> F:
        handler.marks = replace(marks_of(handler), **changes)  # type: ignore[attr-defined]  # given to a function
        return handler

    return mark
