"""The threads that may block, so that the event loop never does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """A fixed number of threads; what runs there sees the context of its request."""

    def __init__(self, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="worker")

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking function in a thread and wait for its result."""
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: context.run(function, *args, **kwargs)
        )


def needs_no_thread(handler: Callable[P, R]) -> Callable[P, R]:
    """Mark a handler that never blocks: it runs on the event loop and answers even when every thread waits."""
    handler.needs_no_thread = True  # type: ignore[attr-defined]
    return handler


def after_each_200(note: Callable[[Any, dict[str, Any]], None]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have the application's parts and the arguments noted after each 200, cached ones included; HEAD is none."""

    def mark(handler: Callable[P, R]) -> Callable[P, R]:
        handler.after_200 = note  # type: ignore[attr-defined]
        return handler

    return mark
