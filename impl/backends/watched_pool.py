"""SQLAlchemy's pool of connections, which counts how often somebody has to wait for one."""

from threading import Lock
from typing import Any

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool


class Waits:
    """How many wait for a connection now, how often somebody has begun to, and how often in vain."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.pending = 0
        self.begun = 0
        self.timed_out = 0

    def begin(self) -> None:
        """Count one more who waits."""
        with self._lock:
            self.pending += 1
            self.begun += 1

    def end(self, *, in_vain: bool) -> None:
        """Count one less."""
        with self._lock:
            self.pending -= 1
            self.timed_out += in_vain


class WatchedPool(QueuePool):
    """The pool of an engine where figures are asked for; a connection that is free costs one comparison more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waits = Waits()

    @property
    def most(self) -> int:
        """How many connections may be open at once."""
        return self.size() + self._max_overflow

    def recreate(self) -> "WatchedPool":
        """Make the pool that follows this one, which goes on counting."""
        following = super().recreate()
        assert isinstance(following, WatchedPool)
        following.waits = self.waits
        return following

    def _do_get(self) -> Any:
        if self.checkedout() < self.most:
            return super()._do_get()
        self.waits.begin()
        in_vain = False
        try:
            return super()._do_get()
        except PoolTimeout:
            in_vain = True
            raise
        finally:
            self.waits.end(in_vain=in_vain)
