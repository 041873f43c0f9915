"""What runs beside the requests, from the start of the server to its end."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

from flask import Flask
from starlette.types import ASGIApp

from ..backends.deadline import limited
from ..books.views import SECONDS_BETWEEN_FLUSHES
from ..problems import Unavailable
from ..services import Services
from .pruning import Pruned, prune

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_BETWEEN_STEPS, SECONDS_BETWEEN_WALKS = 1.0, 60.0
log = logging.getLogger(__name__)


@asynccontextmanager
async def beside_the_requests(flask: Flask, services: Services, app: ASGIApp) -> AsyncIterator[None]:
    """Run everything of this file."""
    async with pruning(flask, services), flushing_views(flask, services, app):
        yield


@asynccontextmanager
async def flushing_views(flask: Flask, services: Services, _app: ASGIApp) -> AsyncIterator[None]:
    """Write the counted views to the store every few seconds, and once more at the end."""
    task = asyncio.create_task(_flush_for_ever(flask, services))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await _flush_in_time(flask, services)


async def _flush_for_ever(flask: Flask, services: Services) -> None:
    # The clock that counts may be behind by is that of the service, which a test moves; a sleep does not know of it.
    flushed = time.time()
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        if not 0 <= time.time() - flushed < SECONDS_BETWEEN_FLUSHES:
            flushed = time.time()
            await _flush_in_time(flask, services)


async def _flush_in_time(flask: Flask, services: Services) -> None:
    # A store that hangs must keep neither this task nor a thread; what cannot be written now waits for the next time.
    with suppress(Unavailable):
        async with limited(services.settings.timeouts.request):
            await services.workers.writes.run(_flush, flask, services)


def _flush(flask: Flask, services: Services) -> None:
    # What was not written for certain is kept for the next time, and a store that is away must not end this loop.
    try:
        with flask.app_context():
            services.views.flush()
    except Exception as error:
        log.warning("views cannot be written now: %s", type(error).__name__)


@asynccontextmanager
async def pruning(flask: Flask, services: Services) -> AsyncIterator[None]:
    """Take away what nobody can use any more, a few rows each second."""
    task = asyncio.create_task(_prune_for_ever(flask, services))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _prune_for_ever(flask: Flask, services: Services) -> None:
    while True:
        walk = prune(services.tokens.lifetime)
        await asyncio.sleep(SECONDS_BETWEEN_STEPS)
        while await _prune_in_time(flask, services, walk):
            await asyncio.sleep(SECONDS_BETWEEN_STEPS)
        # Of several processes none should always be the second.
        await asyncio.sleep(SECONDS_BETWEEN_WALKS * (0.5 + random.random()))


async def _prune_in_time(flask: Flask, services: Services, walk: Iterator[Pruned]) -> Pruned | None:
    # As with views: a store that hangs ends this walk, and the next one begins anew.
    with suppress(Unavailable):
        async with limited(services.settings.timeouts.request):
            return await services.workers.writes.run(_prune_step, flask, walk)
    return None


def _prune_step(flask: Flask, walk: Iterator[Pruned]) -> Pruned | None:
    # A store that is away must not end this loop; the next walk begins anew.
    try:
        with flask.app_context():
            return next(walk, None)
    except Exception as error:
        log.warning("old rows cannot be taken away now: %s", type(error).__name__)
        return None
