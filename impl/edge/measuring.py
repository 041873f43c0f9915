"""The figures of each request, for METRICS_PORT; where that is not set, none of these steps is there."""

import time

from ..metrics.counting import BYPASS, HIT, MISS, CacheCounts, RequestCounts
from ..representation.answer import Answer
from ..request_context import RequestContext
from . import response_cache
from .asgi import Inner
from .request_names import method_of, route_of

RESULTS = {response_cache.HIT: HIT, response_cache.MISS: MISS, response_cache.PASSED_BY: BYPASS}


class Measuring:
    """Notes how long each request took, and how many are being answered."""

    def __init__(self, counts: RequestCounts) -> None:
        self._counts = counts

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """Answer one request, and note it; the status of one that is given up is 0."""
        counts = self._counts
        counts.active += 1
        started, status = time.perf_counter(), 0
        try:
            answer = await inner(request)
            status = answer.status
            return answer
        finally:
            seconds = time.perf_counter() - started
            counts.active -= 1
            operation = request.operation.id if request.operation else ""
            counts.note((operation, route_of(request) or "", method_of(request), status), seconds)


class CountingKept:
    """Notes where each answer of an operation with a response cache comes from, as its Cache-Status says."""

    def __init__(self, counts: CacheCounts, operation: str) -> None:
        self._counts = counts
        self._operation = operation

    async def __call__(self, request: RequestContext, inner: Inner) -> Answer:
        """Answer one request, and note it."""
        answer = await inner(request)
        if answer.status == 200:
            # The step within adds its field last.
            for name, value in reversed(answer.fields):
                if name == b"cache-status":
                    # A shared cache may hold what others have left there.
                    if value in RESULTS:
                        self._counts.note(self._operation, RESULTS[value])
                    break
        return answer
