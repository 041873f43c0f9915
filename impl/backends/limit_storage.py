"""Exact counters for the limits library: what every storage of ours can do, and the one in memory."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from limits.storage import Storage

# How many counters there may be of one length of windows; one takes about 300 bytes.
MOST_COUNTERS = 50_000
# How many of the oldest counters are compared when one of them has to go.
COMPARED = 16
# How many ended counters go with each one that begins: more than one, so that they become fewer.
DROPPED_AT_ONCE = 8
SECONDS_BETWEEN_WARNINGS = 60
log = logging.getLogger(__name__)


class Hit(NamedTuple):
    """One request that a counter shall count, if fewer than `quota` are counted in its window of `window` seconds."""

    key: str
    quota: int
    window: int


class Count(NamedTuple):
    """A counter after a hit or a look: whether there was room, how much is counted, and the seconds until that ends."""

    admitted: bool
    spent: int
    left: float


class ExactStorage(Protocol):
    """What the limits need of a storage: to count, and to look without counting."""

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """Count each hit that its quota admits, all in one step that nothing comes between."""
        ...

    def look(self, hits: Sequence[Hit]) -> list[Count]:
        """Tell of each hit what would come of it, and count none."""
        ...

    def check(self) -> bool:
        """Tell whether the storage counts."""
        ...


@dataclass(slots=True)
class _Counter:
    """What one window has counted so far."""

    spent: int
    ends: float
    quota: int

    @property
    def share(self) -> float:
        """How much of the quota is spent."""
        return self.spent / max(self.quota, 1)


class ExactMemoryStorage(Storage):
    """
    Counters of one process, under one lock.

    The library's own memory storage reads outside its locks and expires from a timer thread, so that a limit of 100 now
    and then admits 101, and a thread starts with nearly every hit.

    Windows of one length end in the order in which they began, so that ended counters are at the front of their queue and
    no hit looks at more than a few. There are at most MOST_COUNTERS of one length; one too many drops the counter that has
    spent the smallest share of its quota among the oldest. That client loses nothing, and wins what it had spent.
    """

    STORAGE_SCHEME = ["exact-memory"]  # noqa: RUF012  declared as an instance variable by the library

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._lock = threading.Lock()
        # For each length of windows, its counters in the order of their ends.
        self._queues: dict[float, OrderedDict[str, _Counter]] = {}
        self._next_warning = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here can fail."""
        return ValueError

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """Count each hit that its quota admits; the first one opens the window."""
        with self._lock:
            now = time.time()
            return [self._hit(each, now) for each in hits]

    def look(self, hits: Sequence[Hit]) -> list[Count]:
        """Tell of each hit what would come of it; a window that is not open yet is as long as it would be."""
        with self._lock:
            now = time.time()
            return [self._look(each, now) for each in hits]

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count as the library's strategies do: a hit too many is counted as well."""
        with self._lock:
            now = time.time()
            counter = self._find(key, now) or self._begin(key, expiry, 1, now)
            counter.spent += amount
            return counter.spent

    def get(self, key: str) -> int:
        """Return the hits of the present window."""
        with self._lock:
            counter = self._find(key, time.time())
            return counter.spent if counter else 0

    def get_expiry(self, key: str) -> float:
        """Return when the present window ends, in seconds since the epoch; now, if there is none."""
        with self._lock:
            now = time.time()
            counter = self._find(key, now)
            return counter.ends if counter else now

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything; return how much that was."""
        with self._lock:
            size = sum(map(len, self._queues.values()))
            self._queues.clear()
            return size

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._lock:
            for queue in self._queues.values():
                queue.pop(key, None)

    def _hit(self, hit: Hit, now: float) -> Count:
        queue = self._queues.get(hit.window)
        counter = queue.get(hit.key) if queue else None
        if counter is None or counter.ends <= now:
            counter = self._begin(hit.key, hit.window, hit.quota, now)
        # A change of tier changes it.
        counter.quota = hit.quota
        is_admitted = counter.spent < hit.quota
        if is_admitted:
            counter.spent += 1
        return Count(is_admitted, counter.spent, counter.ends - now)

    def _look(self, hit: Hit, now: float) -> Count:
        counter = self._find(hit.key, now)
        if counter is None:
            return Count(hit.quota > 0, 0, hit.window)
        return Count(counter.spent < hit.quota, counter.spent, counter.ends - now)

    def _find(self, key: str, now: float) -> _Counter | None:
        for queue in self._queues.values():
            counter = queue.get(key)
            if counter is not None and counter.ends > now:
                return counter
        return None

    def _begin(self, key: str, window: float, quota: int, now: float) -> _Counter:
        queue = self._queues.setdefault(window, OrderedDict())
        # Its last window may still be there, at a place where this one does not belong.
        queue.pop(key, None)
        _drop_ended(queue, now)
        if len(queue) >= MOST_COUNTERS:
            self._drop_least_used(queue, now)
        counter = queue[key] = _Counter(0, now + window, quota)
        return counter

    def _drop_least_used(self, queue: OrderedDict[str, _Counter], now: float) -> None:
        oldest = list(islice(queue.items(), COMPARED))
        key, _ = min(oldest, key=lambda item: item[1].share)
        del queue[key]
        if now >= self._next_warning:
            self._next_warning = now + SECONDS_BETWEEN_WARNINGS
            log.warning("more clients than %d in one window: the least used counters are dropped", MOST_COUNTERS)


def _drop_ended(queue: OrderedDict[str, _Counter], now: float) -> None:
    for _ in range(DROPPED_AT_ONCE):
        first = next(iter(queue.values()), None)
        if first is None or first.ends > now:
            return
        queue.popitem(last=False)
