"""The figures of one server process: what it counts itself, and what others know when they are asked."""

from collections.abc import Callable, Iterable

from flask import Flask

from ..backends import deadline
from ..backends.limiter import Limits
from ..backends.outage import Outage
from ..backends.store import db
from ..backends.watched_pool import WatchedPool
from ..backends.workers import Pool
from ..contract.contract import Contract
from ..logs import dropped_lines
from ..process.usage import usage
from .catalogue import (
    BUSY_THREADS,
    CONNECTION_TIMEOUTS,
    CONNECTION_WAITS,
    CONNECTIONS,
    CPU,
    DEADLINES,
    DROPPED_LINES,
    LONGEST_QUEUE,
    MEMORY,
    MOST_CONNECTIONS,
    OPEN_FILES,
    PENDING_CONNECTIONS,
    QUEUE,
    QUEUE_REFUSALS,
    REDIS_RESTING,
    REDIS_RESTS,
    REFUSALS,
    SERVER_PROCESSES,
    THREADS,
)
from .counting import CacheCounts, RequestCounts
from .snapshot import Snapshot, by_label, single, total

Source = Callable[[], Snapshot]
# Under this name a process finds its figures in the state that the application fills at its start.
STATE = "figures"


class Figures:
    """The figures of one process. Any thread may ask for them, without a lock."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.requests = RequestCounts()
        self.cache = CacheCounts()
        self._sources = (self.requests.snapshot, self.cache.snapshot, of_process, *sources)

    def take(self) -> Snapshot:
        """Return the figures of now."""
        return total([single(SERVER_PROCESSES, 1), *(source() for source in self._sources)])


def of_process() -> Snapshot:
    """Return what any process of a server uses, and what its log has lost."""
    used = usage()
    figures = single(CPU, used.cpu_seconds) | by_label(DROPPED_LINES, dropped_lines())
    if used.memory is not None:
        figures |= single(MEMORY, used.memory)
    if used.open_files is not None:
        figures |= single(OPEN_FILES, used.open_files)
    return figures


def of_pools(pools: Iterable[Pool]) -> Source:
    """Make the source of what threads do."""
    known = {pool.name: pool for pool in pools}

    def snapshot() -> Snapshot:
        return {
            **by_label(THREADS, {name: pool.threads for name, pool in known.items()}),
            **by_label(BUSY_THREADS, {name: pool.busy for name, pool in known.items()}),
            **by_label(QUEUE, {name: pool.waiting for name, pool in known.items()}),
            **by_label(LONGEST_QUEUE, {name: pool.most_waiting for name, pool in known.items()}),
            **by_label(QUEUE_REFUSALS, {name: pool.refused for name, pool in known.items()}),
        }

    return snapshot


def of_limits(limits: Limits, contract: Contract) -> Source:
    """Make the source of what limits have refused."""
    return lambda: by_label(REFUSALS, {name: limits.refusals.of(name) for name in contract.policies})


def of_redis(outage: Outage) -> Source:
    """Make the source of how often Redis was left alone."""
    return lambda: {**single(REDIS_RESTING, outage.is_resting()), **single(REDIS_RESTS, outage.rests)}


def of_deadlines() -> Snapshot:
    """Return how much work of this process was given up."""
    return by_label(DEADLINES, {name: deadline.exceeded.of(name) for name in deadline.OUTCOMES})


def of_connections(app: Flask) -> Source:
    """Make the source of the connections to the database."""
    with app.app_context():
        engine = db.engine

    def snapshot() -> Snapshot:
        # Asked each time: an engine that is disposed of gets another pool.
        pool = engine.pool
        if not isinstance(pool, WatchedPool):
            return {}
        return {
            **by_label(CONNECTIONS, {"used": pool.checkedout(), "idle": pool.checkedin()}),
            **single(MOST_CONNECTIONS, pool.most),
            **single(PENDING_CONNECTIONS, pool.waits.pending),
            **single(CONNECTION_WAITS, pool.waits.begun),
            **single(CONNECTION_TIMEOUTS, pool.waits.timed_out),
        }

    return snapshot
