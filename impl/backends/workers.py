"""The threads that may block, so that the event loop never does: one pool for each kind of work."""

import asyncio
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from ..problems import Problem, RateLimited, Unavailable
from . import deadline

P = ParamSpec("P")
R = TypeVar("R")

# As argon2 is sized in auth/passwords.py: each hash takes 19 MiB and a processor.
HASHING_THREADS = 2
# Redis answers in less than a millisecond, or the socket gives up after a quarter of a second.
REDIS_THREADS = 4
# One each for the limiter and the cache.
CHECKING_THREADS = 2
# How much may wait for a thread. Database work takes milliseconds, a hash some 30: each queue is at most a few seconds.
WAITING_READS, WAITING_WRITES, WAITING_HASHES, WAITING_REDIS = 1000, 500, 128, 1000
# How long to wait for a turn to hash, in deadlines of a request: many who log in at once are no outage.
LONGEST_WAIT_TO_HASH = 5
TOO_MUCH = "The service has more to do than it can: try again as Retry-After says."


class Pool:
    """
    A fixed number of threads, and a queue with an end; what runs there sees the context of its request.

    The queue lies on the event loop and holds no abandoned work: a caller that is cancelled leaves it at once. Belongs
    to one event loop.

    With `longest_wait`, waiting for a thread has that bound, in seconds, and not the deadline of the request, as long
    as the pool gets its work done: each work that succeeds gives back to those who wait what they have waited. Where
    the work itself waits, for a database that does not answer, their deadlines go on.
    """

    def __init__(self, name: str, threads: int, most_waiting: int, longest_wait: float | None = None) -> None:
        self.name = name
        self.threads = threads
        self.most_waiting = most_waiting
        self.longest_wait = longest_wait
        self._waiting = 0
        # How much work found no thread in time, or no room in the queue.
        self.refused = 0
        self._clocks: set[deadline.WaitingClock] = set()
        self._free = asyncio.Semaphore(threads)
        self._started = 0
        # An executor of the library takes several locks and a condition for each work, and tells the loop twice.
        self._works: SimpleQueue[_Work | None] = SimpleQueue()
        weakref.finalize(self, _end_threads, self._works, threads)

    @property
    def waiting(self) -> int:
        """How much waits for a thread now."""
        return self._waiting

    @property
    def busy(self) -> int:
        """How many threads work now."""
        return self.threads - self._free._value

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run a blocking function in a thread and wait for its result.

        Raises Unavailable where as much waits already as may wait, or where it waited too long.
        """
        if self._free.locked():
            await self._wait_for_thread()
        else:
            await self._free.acquire()
        loop = asyncio.get_running_loop()
        result: asyncio.Future[R] = loop.create_future()
        work = _Work(self, loop, result, copy_context(), lambda: function(*args, **kwargs))
        if self._started < self.threads:
            self._started += 1
            threading.Thread(target=_work, args=(self._works,), name=self.name, daemon=True).start()
        self._works.put(work)
        return await result

    async def _wait_for_thread(self) -> None:
        if self._waiting >= self.most_waiting:
            self.refused += 1
            raise Unavailable(TOO_MUCH)
        self._waiting += 1
        try:
            with self._clock_of_waiting():
                async with asyncio.timeout(self.longest_wait):
                    await self._free.acquire()
        except TimeoutError:
            self.refused += 1
            raise Unavailable(TOO_MUCH) from None
        finally:
            self._waiting -= 1

    @contextmanager
    def _clock_of_waiting(self) -> Iterator[None]:
        present = deadline.current()
        if self.longest_wait is None or present is None:
            yield
            return
        clock = deadline.WaitingClock(present)
        self._clocks.add(clock)
        try:
            yield
        finally:
            self._clocks.remove(clock)

    def finish(self, work: "_Work", value: Any, error: BaseException | None) -> None:
        """
        Hand the outcome of a work to who waits for it, and its thread to the next.

        The thread was taken until now, even if nobody waits for the outcome any more.
        """
        if _is_success(error):
            for clock in self._clocks:
                clock.give_back()
        self._free.release()
        if work.result.done():
            return
        if error is None:
            work.result.set_result(value)
        else:
            work.result.set_exception(error)


@dataclass(slots=True)
class _Work:
    """One function that a thread shall call, in the context of its request, and who waits for it."""

    pool: Pool
    loop: asyncio.AbstractEventLoop
    result: "asyncio.Future[Any]"
    context: Context
    function: Callable[[], Any]


def _work(works: "SimpleQueue[_Work | None]") -> None:
    """Do one work after the other, until there is a None among them."""
    while work := works.get():
        value, error = None, None
        try:
            value = work.context.run(work.function)
        except BaseException as raised:
            error = raised
        # The loop may have ended while the thread was stuck.
        with suppress(RuntimeError):
            work.loop.call_soon_threadsafe(work.pool.finish, work, value, error)
        # Nothing of a request is kept until the next one comes.
        del work, value, error


def _end_threads(works: "SimpleQueue[_Work | None]", threads: int) -> None:
    for _ in range(threads):
        works.put(None)


def _is_success(error: BaseException | None) -> bool:
    """Tell whether the database has answered; what refuses the caller for its sake, and not by a limit, is an answer."""
    return error is None or (isinstance(error, Problem) and not isinstance(error, Unavailable | RateLimited))


class Workers:
    """
    One pool for each kind of work, so that no kind can take the threads of another.

    | pool | its work | why it has threads of its own |
    |---|---|---|
    | `reads` | GET and HEAD, sessions, tiers, generations | they go on while writers wait |
    | `writes` | every other method, views and pruning | they may wait for each other's locks |
    | `passwords` | what hashes a password | each hash takes a processor, and many may log in at once |
    | `redis` | limits and cache in Redis | Redis may hang while the database answers |
    | `checks` | what readiness asks of limiter and cache | readiness answers while all of the others wait |
    """

    def __init__(self, threads: int, request_timeout: float) -> None:
        longest_wait = LONGEST_WAIT_TO_HASH * request_timeout
        self.reads = Pool("reads", threads, WAITING_READS)
        self.writes = Pool("writes", threads, WAITING_WRITES)
        self.passwords = Pool("passwords", HASHING_THREADS, WAITING_HASHES, longest_wait)
        self.redis = Pool("redis", REDIS_THREADS, WAITING_REDIS)
        # Readiness asks limiter and cache at once and waits for neither: an executor, since it asks from a thread of its own.
        self.checks = ThreadPoolExecutor(CHECKING_THREADS, thread_name_prefix="checks")

    @property
    def pools(self) -> tuple[Pool, ...]:
        """All pools that have a queue."""
        return (self.reads, self.writes, self.passwords, self.redis)


def most_connections(threads: int) -> int:
    """Return how many threads of a process may use the database at once: those that read, write and hash."""
    return 2 * threads + HASHING_THREADS
