"""What runs beside the requests, from the start of the server to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from flask import Flask
from starlette.types import ASGIApp

from .books.views import SECONDS_BETWEEN_FLUSHES
from .deadline import limited
from .parts import Parts
from .problems import Unavailable

log = logging.getLogger(__name__)


@asynccontextmanager
async def flushing_views(flask: Flask, parts: Parts, _app: ASGIApp) -> AsyncIterator[None]:
    """Write the counted views to the store every few seconds, and once more at the end."""
    task = asyncio.create_task(_flush_for_ever(flask, parts))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await _flush_in_time(flask, parts)


async def _flush_for_ever(flask: Flask, parts: Parts) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_FLUSHES)
        await _flush_in_time(flask, parts)


async def _flush_in_time(flask: Flask, parts: Parts) -> None:
    # A store that hangs must keep neither this task nor a thread; what cannot be written now waits for the next time.
    with suppress(Unavailable):
        async with limited(parts.settings.timeouts.request):
            await parts.workers.writes.run(_flush, flask, parts)


def _flush(flask: Flask, parts: Parts) -> None:
    # The counts are kept for the next time, and a store that is away must not end this loop.
    try:
        with flask.app_context():
            parts.views.flush()
    except Exception as error:
        log.warning("views cannot be written now: %s", type(error).__name__)
