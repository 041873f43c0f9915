"""What several CACHE laws use."""

from collections.abc import Container
from typing import Any

from bookplate.faults import Request, Steps

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def answer_from_cache(request: Request, *key: Any, cleared_by: Container[str] = WRITES) -> Steps:
    """Answer GET as the first time under a key, until a write with one of these methods succeeds."""
    cache = request.memory.setdefault("cache", {})
    answer = yield
    if request.method == "GET" and answer.status == 200:
        stored = cache.setdefault(key, answer.copy())
        answer.repeat(stored)
    elif request.method in cleared_by and answer.status < 300:
        cache.clear()
