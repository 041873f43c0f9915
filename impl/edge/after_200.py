"""What is noted after each 200 of an operation, such as a view."""

from collections.abc import Callable

from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner


class After200:
    """Notes each 200 of GET, kept or not; HEAD is none."""

    def __init__(self, note: Callable[[RequestContext], None]) -> None:
        self._note = note

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """Answer one request, and note it."""
        answer = await inner(request)
        if answer.status == 200 and request.method == "GET":
            self._note(request)
        return answer
