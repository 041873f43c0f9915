"""Pages of other origins (Fetch, section 3.2)."""

from collections.abc import Mapping

from .contract import Operation
from .messages import Answer, Request

READABLE = "Cache-Status, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After"
SENT = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"


class Origins:
    """Which origins each group has."""

    def __init__(self, groups: Mapping[str, str]) -> None:
        self.groups = groups

    def may_call(self, origin: str | None, groups: list[str]) -> bool:
        return origin is not None and any(origin in self.groups.get(group, "").split() for group in groups)

    def fields(self, request: Request, groups: list[str]) -> dict[str, str]:
        """Return what an answer says to browsers."""
        fields = {"Vary": "Origin"}
        origin = request.field("origin")
        if origin is not None and self.may_call(origin, groups):
            fields["Access-Control-Allow-Origin"] = origin
            fields["Access-Control-Expose-Headers"] = f"{READABLE}, WWW-Authenticate, X-Request-Id"
        return fields

    def preflight(self, request: Request, operations: Mapping[str, Operation]) -> Answer:
        """Answer a preflight: the methods of a path that an origin may call."""
        origin = request.field("origin")
        methods = [name for name, each in operations.items() if self.may_call(origin, each.groups)]
        fields = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
        if origin is not None and methods:
            fields["Access-Control-Allow-Origin"] = origin
            fields["Access-Control-Allow-Methods"] = ", ".join(methods)
            fields["Access-Control-Allow-Headers"] = SENT
            fields["Access-Control-Max-Age"] = "600"
        return Answer(204, b"", fields)
