"""Operations: what the document says of a request that its content does not say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx

from .tokens import TokenPlaces

T = TypeVar("T")
Request = Mapping[str, Any]
# A request of these may be sent twice: the second one changes nothing (RFC 9110, section 9.2.2).
IDEMPOTENT = frozenset({"get", "head", "put", "delete", "options"})


@dataclass(frozen=True)
class Operation(Generic[T]):
    """
    An operation of the document.

    `parse` reads its documented successes, whose statuses are `answers`; 2XX stands for all of them. `sends_token` says
    whether it carries the token, `key` is the field of its idempotency key, empty where it has none. `tokens` says where
    its answer has new ones, and `signs_out` whether its success ends the session.
    """

    name: str
    parse: Callable[[httpx.Response], T]
    answers: frozenset[str]
    sends_token: bool = True
    key: str = ""
    tokens: TokenPlaces | None = None
    signs_out: bool = False

    def documents(self, status: int) -> bool:
        """Tell whether a status is one of its successes."""
        return str(status) in self.answers or f"{status // 100}XX" in self.answers

    def ready(self, request: Request) -> Request:
        """Return a request with its idempotency key. It is made once for all retries: they are one request."""
        if not self.key or self.key in request.get("headers", {}):
            return request
        return {**request, "headers": {**request.get("headers", {}), self.key: str(uuid4())}}

    def is_repeatable(self, request: Request) -> bool:
        """
        Tell whether a request may be sent again when nobody knows whether it was done.

        With If-Match it may not: what the first request did would make the second one fail.
        """
        headers = request.get("headers", {})
        return (request["method"] in IDEMPOTENT and "If-Match" not in headers) or (
            bool(self.key) and self.key in headers
        )
