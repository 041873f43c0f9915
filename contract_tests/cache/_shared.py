"""What several CACHE laws use."""

from typing import Any

from bookplate.faults import Request, Steps


def kept(request: Request, *key: Any, flush: str = "POST PUT PATCH DELETE") -> Steps:
    """Answer GET as before, under a key, until a write of these methods succeeds."""
    store = request.memory.setdefault("kept", {})
    answer = yield
    if request.method == "GET" and answer.status == 200:
        answer.repeat(store.setdefault(key, answer.copy()))
    elif request.method in flush and answer.status < 300:
        store.clear()
