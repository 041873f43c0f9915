"""The folder that a run writes to, and to no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from .target.config import SetUpError

LOCK = ".lock"


@contextmanager
def kept(output: Path) -> Iterator[Path]:
    """
    Keep a folder for one run, as long as this block lasts; the folder is made where it is not there.

    Raises SetUpError, before anything is sent, where it cannot be written to or another run has it.
    """
    lock = FileLock(output / LOCK)
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise SetUpError(
            f"another run writes to {output}: wait until it is over, or name another folder with --output"
        ) from problem
    except (OSError, NotImplementedError) as problem:
        said = getattr(problem, "strerror", None) or "it takes no lock"
        raise SetUpError(f"{output} cannot be written to: {said}: name another folder with --output") from problem
    try:
        yield output
    finally:
        lock.release()
