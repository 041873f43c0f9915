"""The threads that may block, so that the event loop never does: one pool for each kind of work."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
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
        self._clocks: set[deadline.WaitingClock] = set()
        self._free = asyncio.Semaphore(threads)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Run a blocking function in a thread and wait for its result.

        Raises Unavailable where as much waits already as may wait, or where it waited too long.
        """
        await self._take_thread()
        context = copy_context()
        work = self._executor.submit(lambda: context.run(function, *args, **kwargs))
        loop = asyncio.get_running_loop()
        # The thread is taken until the function ends, even if nobody waits for its result any more.
        work.add_done_callback(lambda done: self._give_back_from_thread(loop, done))
        return await asyncio.wrap_future(work)

    async def _take_thread(self) -> None:
        if self._free.locked() and self._waiting >= self.most_waiting:
            raise Unavailable(TOO_MUCH)
        self._waiting += 1
        try:
            with self._clock_of_waiting():
                async with asyncio.timeout(self.longest_wait):
                    await self._free.acquire()
        except TimeoutError:
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

    def _give_back_from_thread(self, loop: asyncio.AbstractEventLoop, done: Future[Any]) -> None:
        # The loop may have ended while the thread was stuck.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._give_back, _is_success(done))

    def _give_back(self, is_success: bool) -> None:
        if is_success:
            for clock in self._clocks:
                clock.give_back()
        self._free.release()


def _is_success(work: Future[Any]) -> bool:
    """Tell whether the database has answered; what refuses the caller for its sake, and not by a limit, is an answer."""
    error = work.exception()
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


def most_connections(threads: int) -> int:
    """Return how many threads of a process may use the database at once: those that read, write and hash."""
    return 2 * threads + HASHING_THREADS
