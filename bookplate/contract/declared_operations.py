"""The operations of a document, each as it is written there: nothing is guessed here, and nothing was seen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .access import read_access
from .extensions import (
    ACCESS,
    AUTH_ROLE,
    CACHE,
    CLEARS,
    COUNTS,
    ORIGINS,
    RATE_LIMIT,
    Policy,
    RateLimits,
    read_auth_role,
    read_cache,
    read_cleared,
    read_counters,
    read_origins,
)
from .facts import Fact, declared
from .lines import DocumentError
from .media import body_of
from .operation import Operation, OperationFacts
from .pagination import PAGINATION, read_paginations
from .parameter import is_parameter, is_whole_query, parameters_of, with_undeclared
from .paths import Paths, pointer_of
from .response import Response, responses_of
from .security import Security, read_alternatives
from .servers import Server, own_base_path
from .source import Source

T = TypeVar("T")
ReadKey = Callable[[Source, Mapping[str, Any], str], T]

# Where one of these stands at an operation, an empty one too, nothing is inferred in its place.
SETTLED = (PAGINATION, ACCESS, AUTH_ROLE, RATE_LIMIT, ORIGINS, CACHE, "security")


@dataclass(frozen=True)
class SaidOnce:
    """
    What a document says once, for all its operations.

    `default_policies` limit an operation that names no policies; they are None where the document does not say. `target`
    is the URL that it is served at.
    """

    security: Security
    limits: RateLimits
    default_policies: tuple[Policy, ...] | None
    check_order: tuple[str, ...]
    mistake_statuses: Mapping[str, int]
    servers: tuple[Server, ...]
    target: str


class DeclaredOperations:
    """Reads operations. One that cannot be read is left out, and is among the mistakes of the document."""

    def __init__(self, source: Source, once: SaidOnce) -> None:
        self.source = source
        self.once = once

    def read(self, paths: Paths) -> Iterator[Operation]:
        """Yield every method of every path that can be read, in the order of the document."""
        self.source.ids = paths.ids()
        for path, method, item in paths.methods():
            try:
                yield self._operation(path, method, item)
            except DocumentError as problem:
                self.source.mistake(str(problem))

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        raw, pointer = item[method], pointer_of(path, method)
        if not isinstance(raw, dict):
            raise DocumentError(f"{self.source.where(pointer)}: {method} {path} is no operation: say what it answers")
        once = self.once
        asked = raw.get("security")
        security = (
            once.security.default if asked is None else read_alternatives(self.source, asked, f"{pointer}/security")
        )
        named = self._named_policies(raw, pointer)
        return Operation(
            id=self.source.ids[pointer],
            method=method.upper(),
            path=path,
            pointer=pointer,
            place=self.source.where(pointer),
            tags=tuple(map(str, self.source.listed(raw.get("tags")))),
            deprecated=bool(raw.get("deprecated")),
            parameters=with_undeclared(self.source, path, parameters_of(self.source, item, raw)),
            body=body_of(self.source, raw),
            responses=responses_of(self.source, raw),
            undocumented=Response(self.source, "", {}),
            security=security,
            facts=self._facts(raw, pointer),
            cache=self._key(CACHE, read_cache, raw, pointer),
            clears=self._key(CLEARS, read_cleared, raw, pointer),
            counters=self._key(COUNTS, read_counters, raw, pointer) or (),
            policies=named if named is not None else once.default_policies or (),
            names_policies=named is not None,
            default=once.default_policies,
            bearer=once.security.takes_bearer(security),
            takes_password=any(each.takes_password for each in once.security.named_in(security)),
            challenged=once.security.has_challenges,
            origins=self.source.unless_mistaken(lambda: read_origins(self.source, raw, pointer)),
            unreadable=unreadable_part(self.source, item, raw),
            base=own_base_path(self.source, (raw, item), once.servers, once.target),
            check_order=once.check_order,
            mistake_statuses=once.mistake_statuses,
        )

    def _named_policies(self, raw: dict[str, Any], pointer: str) -> tuple[Policy, ...] | None:
        """Return the policies that an operation names; None where it names none, or in another form than ours."""
        if RATE_LIMIT not in raw:
            return None
        place = f"{pointer}/{RATE_LIMIT}"
        return self.source.unless_mistaken(lambda: self.once.limits.named(raw[RATE_LIMIT], place))

    def _key(self, key: str, read_key: ReadKey[T], raw: dict[str, Any], pointer: str) -> T | None:
        """Return what an extension key of an operation says; None where it is not there, empty, or of another form."""
        return self.source.unless_mistaken(lambda: read_key(self.source, raw, pointer)) if raw.get(key) else None

    def _facts(self, raw: dict[str, Any], pointer: str) -> OperationFacts:
        def fact(key: str, read_key: ReadKey[T]) -> Fact[T] | None:
            value = self._key(key, read_key, raw, pointer)
            return None if value is None else declared(value, f"{key} in {self.source.where(f'{pointer}/{key}')}")

        styles = fact(PAGINATION, read_paginations)
        paginations = [declared(each, styles.evidence) for each in styles.value] if styles else []
        return OperationFacts(
            pagination=next(iter(paginations), None),
            other_paginations=tuple(paginations[1:]),
            access=fact(ACCESS, read_access),
            auth_role=fact(AUTH_ROLE, read_auth_role),
            settled=frozenset(key for key in SETTLED if key in raw),
        )


def unreadable_part(source: Source, item: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """Return where a parameter or a content stands that an operation takes and nobody can read, and why; empty where none."""
    if reason := source.hole(body := operation.get("requestBody")):
        return f"in {source.where_is(body)}, {reason}"
    for holder in (operation, item):
        for number, node in enumerate(nodes := source.listed(holder.get("parameters"))):
            if reason := unreadable_parameter(source, node):
                return f"in {source.where_is(nodes, number)}, {reason}"
    return ""


def unreadable_parameter(source: Source, node: Any) -> str:
    """Return why nobody can read a parameter; empty where it can be read, or left alone."""
    if reason := source.hole(node):
        return reason
    if is_whole_query(source, node):
        is_required = source.resolve(node).get("required")
        return "a parameter is the whole of the query, which nobody here can make" if is_required else ""
    return "" if is_parameter(source, node) else "a parameter has no name, or no place"
