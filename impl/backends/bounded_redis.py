"""What a request asks of Redis, bounded: a Redis that is slow costs no request, as one that is away costs none."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..problems import Unavailable
from .deadline import Deadline
from .outage import Outage
from .workers import Pool, R

# Seconds that one request waits for Redis, in all. After the first bound it goes on without a Redis that is known to be
# slow. After the second, whatever the cause; it is a share of what the deadline of the request leaves.
PATIENCE, LONGEST_SHARE = 0.3, 0.5


@dataclass(slots=True)
class RedisWait:
    """How long one request has waited for Redis, in seconds and in all."""

    seconds: float = 0.0


class BoundedRedis:
    """Asks Redis in threads of its own, for no longer than a request can spare."""

    def __init__(self, outage: Outage, threads: Pool) -> None:
        self._outage = outage
        self._threads = threads

    async def ask(
        self, waited: RedisWait, deadline: Deadline | None, call: Callable[[], R], otherwise: Callable[[], R]
    ) -> R:
        """
        Run a call of Redis in a thread; do the other thing where that takes too long or Redis is left alone just now.

        The call may still end in its thread later, and nobody sees its result then. It must not change the request.
        """
        if self._outage.is_resting():
            return otherwise()
        began = time.monotonic()
        longest = LONGEST_SHARE * (deadline.seconds_left() + waited.seconds) if deadline else 2 * PATIENCE
        work = asyncio.ensure_future(self._threads.run(call))
        try:
            await _wait(work, min(PATIENCE, longest) - waited.seconds)
            if not work.done() and not self._outage.is_slow():
                await _wait(work, longest - waited.seconds - (time.monotonic() - began))
            if not work.done():
                if self._outage.is_slow():
                    self._outage.begin("it is slow")
                return otherwise()
        finally:
            # It leaves the queue, if it is there; a thread that has begun ends by the deadlines of its socket.
            work.cancel()
            waited.seconds += time.monotonic() - began
        try:
            return work.result()
        except Unavailable:
            # As much waits for Redis as may wait.
            return otherwise()


async def _wait(work: asyncio.Future[R], seconds: float) -> None:
    await asyncio.wait({work}, timeout=max(0.0, seconds))
