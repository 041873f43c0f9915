"""
Cross-origin requests (Fetch standard): which pages may call what, and what they may read of the answers.

The document says which groups of origins may call an operation (`x-cors`), and which methods and fields there are; the
settings say which origins a group has. All of it is put together at start: a request looks up its path once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..addresses.origins import ANY
from ..contract.contract import Contract, Operation
from ..contract.paths import Paths
from ..representation.answer import Answer, Field
from ..request_context import RequestContext
from ..settings import Settings

SECONDS_A_PREFLIGHT_IS_GOOD_FOR = "600"
# Scripts may read these of any answer.
SAFELISTED = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}
NO_CONTENT = 204
VARY = (b"vary", b"Origin")
ORIGIN, ASKED_METHOD = b"origin", b"access-control-request-method"


@dataclass(frozen=True)
class Sharing:
    """With which origins one kind of answer is shared, which of its fields they may read, and what they may send."""

    origins: frozenset[str]
    exposed: str
    request_fields: frozenset[str] = frozenset()

    def admits(self, origin: str) -> bool:
        """Tell whether pages of an origin may call and read this; no setting admits `null`."""
        return origin in self.origins or (ANY in self.origins and origin != "null")


def answer_preflight(request: RequestContext) -> Answer | None:
    """Answer a preflight, behind the sizes that hold for every request; `Cors` adds what it allows."""
    return Answer(NO_CONTENT) if is_preflight(request) else None


class Cors:
    """Says what a preflight allows, and tells browsers which origins may read the answers, errors included."""

    def __init__(self, settings: Settings, contract: Contract) -> None:
        self.credentials = settings.cors_credentials
        self.paths = Paths(contract)
        self.by_method = _sharing_by_method(settings, contract)
        # What is answered instead of an operation: a method that the path does not take, or plain OPTIONS.
        self.by_path = {path: _of_the_path(methods.values(), contract) for path, methods in self.by_method.items()}
        # Unknown paths, and everything outside of the base path.
        self.elsewhere = Sharing(_origins(contract.origins, settings), _exposed(_error_fields(contract)))

    def say_who_may_read(self, request: RequestContext, answer: Answer) -> list[Field]:
        """Say in the fields of an answer which pages may read it."""
        # A preflight that is refused, for its size, is an error like any other.
        if is_preflight(request) and answer.status == NO_CONTENT:
            fields = self._preflight(request.path, _only(request, ORIGIN), _only(request, ASKED_METHOD))
        else:
            fields = self._answer(request.method, request.path, _only(request, ORIGIN))
        return [*fields, VARY]

    def _preflight(self, path: str, origin: str, asked: str) -> list[Field]:
        """Return the fields for a request that a page may make; none for any other, so that the browser makes none."""
        methods = self.by_method.get(self.paths.find(path) or "", {})
        allowed = {method: sharing for method, sharing in methods.items() if sharing.admits(origin)}
        if asked not in allowed:
            return []
        request_fields = frozenset[str]().union(*(sharing.request_fields for sharing in allowed.values()))
        return [
            *self._who(allowed[asked], origin),
            (b"access-control-allow-methods", ", ".join(sorted(allowed)).encode()),
            (b"access-control-allow-headers", ", ".join(sorted(request_fields)).encode()),
            (b"access-control-max-age", SECONDS_A_PREFLIGHT_IS_GOOD_FOR.encode()),
        ]

    def _answer(self, method: str, path: str, origin: str) -> list[Field]:
        """Return the fields of an answer that a page may read; none for any other."""
        if not origin:
            return []
        found = self.paths.find(path)
        sharing = self.by_method[found].get(method, self.by_path[found]) if found else self.elsewhere
        if not sharing.admits(origin):
            return []
        return [*self._who(sharing, origin), (b"access-control-expose-headers", sharing.exposed.encode())]

    def _who(self, sharing: Sharing, origin: str) -> list[Field]:
        anyone = ANY in sharing.origins and not self.credentials
        fields = [(b"access-control-allow-origin", b"*" if anyone else origin.encode("latin-1"))]
        if self.credentials:
            fields.append((b"access-control-allow-credentials", b"true"))
        return fields


def is_preflight(request: RequestContext) -> bool:
    """Tell whether a browser asks what a page may do, before it does it."""
    return request.method == "OPTIONS" and all(_only(request, name) for name in (ORIGIN, ASKED_METHOD))


def _only(request: RequestContext, name: bytes) -> str:
    values = request.values(name)
    # No browser sends one of these twice; who does is no page.
    return values[0] if len(values) == 1 else ""


def _sharing_by_method(settings: Settings, contract: Contract) -> dict[str, dict[str, Sharing]]:
    found: dict[str, dict[str, Sharing]] = {}
    for operation in contract.operations.values():
        sharing = Sharing(
            _origins(operation.origins, settings), _exposed(_response_fields(operation)), _request_fields(operation)
        )
        methods = found.setdefault(operation.path, {})
        methods[operation.method] = sharing
        if operation.method == "GET":
            methods["HEAD"] = sharing
    return found


def _of_the_path(sharings: Iterable[Sharing], contract: Contract) -> Sharing:
    origins = frozenset[str]().union(*(sharing.origins for sharing in sharings))
    return Sharing(origins, _exposed(_error_fields(contract)))


def _origins(groups: tuple[str, ...] | None, settings: Settings) -> frozenset[str]:
    """Return the origins of groups; where the document names none, the settings alone decide."""
    if groups is None:
        return frozenset(settings.cors_origins)
    return frozenset(origin for group in groups for origin in settings.origins_of(group))


def _request_fields(operation: Operation) -> frozenset[str]:
    """Return what a page may send: what the operation declares, and what it reads because of other keys."""
    fields = {parameter["name"] for parameter in operation.parameters if parameter["in"] == "header"}
    fields.add("X-Request-Id")
    if "401" in operation.raw["responses"]:
        fields.add("Authorization")
    if "requestBody" in operation.raw:
        fields.add("Content-Type")
    if "bypass" in (operation.cache or {}):
        fields.add("Cache-Control")
    return frozenset(fields)


def _response_fields(operation: Operation) -> set[str]:
    return {
        name for status in operation.raw["responses"] for name in operation.response(int(status)).get("headers", {})
    }


def _error_fields(contract: Contract) -> set[str]:
    """Return what errors carry, and Allow (RFC 9110, section 15.5.6)."""
    fields = {"Allow"}
    for operation in contract.operations.values():
        for status in operation.raw["responses"]:
            if int(status) >= 400:
                fields |= operation.response(int(status)).get("headers", {}).keys()
    return fields


def _exposed(fields: set[str]) -> str:
    return ", ".join(sorted(name for name in fields if name.lower() not in SAFELISTED))
