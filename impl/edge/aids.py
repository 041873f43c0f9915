"""What a request asks of Redis, bounded: a Redis that is slow costs no request, as one that is away costs none."""

import asyncio
import time
from collections.abc import Callable

from .. import current
from ..backends import deadline
from ..backends.workers import R
from ..problems import Unavailable
from ..services import Services

# Seconds that one request waits for Redis, in all. After the first bound it goes on without a Redis that is known to be
# slow. After the second, whatever the cause; it is a share of what the deadline of the request leaves.
PATIENCE, LONGEST_SHARE = 0.3, 0.5


async def ask(services: Services, call: Callable[[], R], otherwise: Callable[[], R]) -> R:
    """
    Run a call of Redis in a thread for it; do the other thing where that takes too long or Redis is left alone just now.

    The call may still end in its thread later, and nobody sees its result then. It must not change the request.
    """
    if services.redis.is_resting():
        return otherwise()
    request = current.request.get()
    present = deadline.current()
    began = time.monotonic()
    longest = LONGEST_SHARE * (present.seconds_left() + request.waited_for_redis) if present else 2 * PATIENCE
    work = asyncio.ensure_future(services.workers.aids.run(call))
    try:
        await _wait(work, min(PATIENCE, longest) - request.waited_for_redis)
        if not work.done() and not services.redis.is_slow():
            await _wait(work, longest - request.waited_for_redis - (time.monotonic() - began))
        if not work.done():
            if services.redis.is_slow():
                services.redis.begin("it is slow")
            return otherwise()
    finally:
        # It leaves the queue, if it is there; a thread that has begun ends by the deadlines of its socket.
        work.cancel()
        request.waited_for_redis += time.monotonic() - began
    try:
        return work.result()
    except Unavailable:
        # As much waits for Redis as may wait.
        return otherwise()


async def _wait(work: asyncio.Future[R], seconds: float) -> None:
    await asyncio.wait({work}, timeout=max(0.0, seconds))
