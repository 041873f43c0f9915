"""
One SQLite file, one cache.

A server without Redis caches answers in its own memory and learns of nobody else's writes, so it needs the file for
itself. Servers that share a cache in Redis may share the file. The lock is the system's, on a file of its own beside the
database: it goes with the process, however that ends, and it differs from SQLite's own locks, which come and go with
each transaction.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from ..addresses.backends import file_of as file_of_url
from .revisions import DatabaseError

if sys.platform != "win32":
    import fcntl


@dataclass
class _Hold:
    """A lock of this process, and how many parts of it rely on that lock."""

    descriptor: int | None
    shared: bool
    users: int = 1


# A lock belongs to the whole process, so it is kept for the whole process: applications in one process share it.
_holds: dict[Path, _Hold] = {}


def file_of(database_url: str) -> Path | None:
    """Return the file of a SQLite database, or None for a database that is no file."""
    return file_of_url(make_url(database_url))


@contextmanager
def holding(database_url: str, *, shared: bool = False) -> Iterator[None]:
    """
    Hold the database's file: alone, or together with others that hold it as `shared`.

    Raises DatabaseError where another process has it.
    """
    file = _take(database_url, shared=shared)
    try:
        yield
    finally:
        if file is not None:
            _give_back(file)


def hold_until_exit(database_url: str, *, shared: bool) -> None:
    """
    Hold the database's file as `holding` does, for the rest of this process.

    Raises DatabaseError where another process has it.
    """
    _take(database_url, shared=shared)


@contextmanager
def made_exclusive(database_url: str) -> Iterator[bool]:
    """
    Have the file that this process holds alone for a while; yield whether this process holds it at all.

    Raises DatabaseError where another process shares it.
    """
    file = file_of(database_url)
    hold = _holds.get(file) if file else None
    if file is None or hold is None:
        yield False
        return
    if not hold.shared:
        yield True
        return
    try:
        _change(file, hold, shared=False)
        yield True
    finally:
        # Also after a refusal: the system gives the old lock up before it tries the new one (flock(2)).
        _change(file, hold, shared=True)


def _take(database_url: str, *, shared: bool) -> Path | None:
    file = file_of(database_url)
    if file is None:
        return None
    if file in _holds:
        if _holds[file].shared and not shared:
            raise _in_use(file)
        _holds[file].users += 1
    else:
        _holds[file] = _Hold(_open_and_lock(file, shared=shared), shared)
    return file


def _give_back(file: Path) -> None:
    hold = _holds[file]
    hold.users -= 1
    if hold.users == 0:
        del _holds[file]
        if hold.descriptor is not None:
            os.close(hold.descriptor)


def _change(file: Path, hold: _Hold, *, shared: bool) -> None:
    if hold.descriptor is not None:
        _lock(file, hold.descriptor, shared=shared)
    hold.shared = shared


def _open_and_lock(file: Path, *, shared: bool) -> int | None:
    if sys.platform == "win32":
        return None  # there is no flock; docs/operations.md says so
    path = file.with_name(f"{file.name}-server.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise DatabaseError(
            f"{path} cannot be opened: {error.strerror}. The folder that DATABASE_URL names must be there and be writable."
        ) from None
    try:
        _lock(file, descriptor, shared=shared)
    except DatabaseError:
        os.close(descriptor)
        raise
    return descriptor


def _lock(file: Path, descriptor: int, *, shared: bool) -> None:
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(file) from None


def _in_use(file: Path) -> DatabaseError:
    return DatabaseError(f"{file} is in use by a running server: stop that one first, or name another file.")
