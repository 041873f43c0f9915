"""What several CACHE laws use."""

import re
from collections.abc import Container
from typing import Any

from bookplate.contract import Operation
from bookplate.faults import Request, Steps
from bookplate.wire import Exchange

STATUS = "Cache-Status"
HIT = re.compile(r";\s*hit\b")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def tells_of_its_cache(operation: Operation) -> bool:
    """The document lets the server keep its answers, and the answers say where they come from."""
    return operation.cache is not None and operation.success.header(STATUS) is not None


def says_hit(answer: Exchange) -> bool:
    """Tell whether an answer says that it comes from a cache."""
    return HIT.search(answer.header(STATUS) or "") is not None


def answer_from_cache(request: Request, *key: Any, cleared_by: Container[str] = WRITES) -> Steps:
    """Answer GET as the first time under a key, until a write with one of these methods succeeds."""
    cache = request.memory.setdefault("cache", {})
    answer = yield
    if request.method == "GET" and answer.status == 200:
        stored = cache.setdefault(key, answer.copy())
        answer.repeat(stored)
    elif request.method in cleared_by and answer.status < 300:
        cache.clear()
