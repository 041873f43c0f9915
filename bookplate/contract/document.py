"""The document: the one place from which laws, limits and targets learn what was promised."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .extensions import (
    ACCESS,
    AUTH_ROLE,
    CACHE,
    PAGINATION,
    RATE_LIMIT,
    Policy,
    RateLimits,
    read_access,
    read_auth_role,
    read_cache,
    read_origins,
    read_pagination,
    read_size_limits,
)
from .facts import Fact, declared
from .lines import DocumentError, escape, read_yaml
from .media import body_of
from .operation import NOBODY, STRANGE, Operation, OperationFacts
from .overlay import lay_over
from .parameter import parameters_of
from .pointer import look_up
from .renamed import refuse_old_names, with_new_names
from .response import Response, responses_of
from .schema import Schema
from .source import Source

__all__ = ["BEARER", "Document", "DocumentError", "ErrorShape", "Info", "Operation", "Policy", "SecurityScheme"]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
BEARER = ("Authorization", "Bearer {}")


@dataclass(frozen=True)
class Info:
    """What the API is called (OpenAPI 3.0.3, section 4.7.2, and 3.1, section 4.8.2, Info Object); empty where unsaid."""

    title: str
    version: str


@dataclass(frozen=True)
class SecurityScheme:
    """
    A kind of credential (OpenAPI 3.0.3, section 4.7.23, and 3.1, section 4.8.27, Security Scheme Object).

    `type` is http, apiKey, oauth2 or openIdConnect, `scheme` that of HTTP in lower case (RFC 9110, section 11.1), bearer
    where the document says none. `place` and `parameter` say where an API key goes; both are empty for the others.
    """

    name: str
    type: str
    scheme: str
    place: str
    parameter: str


@dataclass(frozen=True)
class ErrorShape:
    """The media type and the schema that most errors of a document have."""

    media_type: str
    schema: Schema

    def is_like(self, other: "ErrorShape") -> bool:
        """Tell whether two places say the same of errors."""
        return self.media_type == other.media_type and self.schema.says_the_same_as(other.schema)


class Document:
    """An OpenAPI 3.0 or 3.1 document that remembers its lines; what an overlay added has the overlay's."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: dict[str, str]) -> None:
        self.path = path
        self.source = Source(path, raw, lines)

    @classmethod
    def load(cls, path: str | Path, overlay: str | Path | None = None) -> "Document":
        """Read a document, with an overlay; a mistake in either raises DocumentError with file, line and remedy."""
        path = Path(path)
        raw, lines = read_yaml(path)
        laid = lay_over(raw, Path(overlay)) if overlay and isinstance(raw, dict) else {}
        lines = laid | lines
        refuse_old_names(raw, lines)
        return cls._of(path, raw, lines)

    @classmethod
    def load_released(cls, path: str | Path) -> "Document":
        """
        Read a document that was released and is compared with a later one: extension keys may have their old names.

        A mistake raises DocumentError with file, line and remedy.
        """
        path = Path(path)
        raw, lines = read_yaml(path)
        return cls._of(path, raw, with_new_names(raw, lines))

    @classmethod
    def _of(cls, path: Path, raw: Any, lines: dict[str, str]) -> "Document":
        """Return a document that was read to its end: a mistake in it raises DocumentError at once."""
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise DocumentError(f"{path}:1: is no OpenAPI document: it has no `paths`")
        document = cls(path, raw, lines)
        document.require_sound_keys()
        return document

    def require_sound_keys(self) -> None:
        """Read every operation and the size limits; a mistake in one raises DocumentError."""
        _ = self.operations
        _ = self.size_limits

    def line(self, pointer: str) -> int:
        """Return the line of a JSON pointer, or of the nearest node above it that has one."""
        return int(self.where(pointer).rpartition(":")[2])

    def where(self, pointer: str) -> str:
        """Return file and line of a JSON pointer, or of the nearest node above it that has a line."""
        return self.source.where(pointer)

    def holds(self, reference: str) -> bool:
        """Tell whether a local reference such as `#/x-rate-limit/default` leads to a node."""
        try:
            return self.source.at(reference) is not None
        except DocumentError:
            return False

    def schema(self, node: Any) -> Schema:
        """Return a schema that stands in no document, as if it stood in this one."""
        return Schema(self.source, node)

    # As plain data, for programs that read OpenAPI themselves.

    def plain(self) -> dict[str, Any]:
        """Return the whole document as plain data, with what an overlay added; the caller may change it."""
        return copy.deepcopy(self.source.raw)

    @cached_property
    def named(self) -> dict[str, Any]:
        """The document as plain data, with an operationId for each operation, also where it gives none."""
        raw = self.plain()
        for operation in self.operations:
            if isinstance(there := look_up(raw, operation.pointer), dict):
                there["operationId"] = operation.id
        return raw

    def relaxed(self, factor: int = 1000) -> dict[str, Any]:
        """Return the document as plain data, with every rate limit multiplied and nothing else changed."""
        raw = self.plain()
        for policy in raw.get(RATE_LIMIT, {}).get("policies", {}).values():
            limit = policy["limit"]
            tiers = isinstance(limit, dict)
            policy["limit"] = {tier: n * factor for tier, n in limit.items()} if tiers else limit * factor
        return raw

    # What it says of the whole service.

    @property
    def version(self) -> str:
        """The version of OpenAPI that it is written in, such as 3.1."""
        return self.source.version

    @property
    def info(self) -> Info:
        """The title and the version of the API itself."""
        declaration = self.source.raw.get("info")
        declaration = declaration if isinstance(declaration, dict) else {}
        return Info(str(declaration.get("title", "")), str(declaration.get("version", "")))

    @cached_property
    def base_path(self) -> str:
        """The path of its first server, without a slash at the end."""
        servers = self.source.raw.get("servers") or [{"url": "/"}]
        return urlsplit(str(servers[0]["url"])).path.rstrip("/")

    @cached_property
    def security_schemes(self) -> Mapping[str, SecurityScheme]:
        """The kinds of credentials that it declares, by name."""
        declared_ones = self.source.raw.get("components", {}).get("securitySchemes", {})
        return {name: self._security_scheme(name, node) for name, node in declared_ones.items()}

    def _security_scheme(self, name: str, node: Any) -> SecurityScheme:
        declaration = self.source.mapping(node, "security scheme", "write its type")
        scheme = str(declaration.get("scheme", "bearer")).lower()
        is_key = declaration.get("type") == "apiKey"
        place, parameter = (str(declaration.get("in")), str(declaration.get("name"))) if is_key else ("", "")
        return SecurityScheme(name, str(declaration.get("type", "")), scheme, place, parameter)

    @cached_property
    def carrier(self) -> tuple[str, str]:
        """The header that takes a credential and its form there, as the security scheme that the root names first says."""
        required = [name for choice in self.source.raw.get("security", []) for name in choice]
        named = [name for name in required if name in self.security_schemes]
        first = next(iter([*named, *self.security_schemes]), None)
        if first is None:
            return BEARER
        scheme = self.security_schemes[first]
        if scheme.type != "apiKey":
            return "Authorization", f"{scheme.scheme.title()} {{}}"
        if scheme.place == "query":
            raise DocumentError(f"{self.path}: a key in the query cannot be sent: declare one in a header, and first")
        return (scheme.parameter, "{}") if scheme.place == "header" else ("Cookie", f"{scheme.parameter}={{}}")

    @cached_property
    def limits(self) -> RateLimits:
        """Its rate limits."""
        return RateLimits(self.source)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Its rate limits by name."""
        return self.limits.policies

    @cached_property
    def size_limits(self) -> Mapping[str, int]:
        """How many bytes the service reads at most, of content, target and headers, where the document says so."""
        return read_size_limits(self.source)

    @cached_property
    def default_policies(self) -> tuple[Policy, ...] | None:
        """What limits an operation that names no policies; None where the document does not say."""
        return self.limits.listed("default") if self.limits.says("default") else None

    @cached_property
    def unrouted_policies(self) -> tuple[Policy, ...]:
        """What limits requests that lead to no operation."""
        return self.limits.listed("unrouted") if self.limits.says("unrouted") else self.default_policies or ()

    @cached_property
    def error_shape(self) -> ErrorShape | None:
        """The media type and the schema that most error answers declare; None where no two statuses share one."""
        groups: list[tuple[ErrorShape, list[str]]] = []
        for status, shape in self._error_shapes():
            alike = next((statuses for known, statuses in groups if known.is_like(shape)), None)
            if alike is None:
                groups.append((shape, [status]))
            else:
                alike.append(status)
        shared = [(len(statuses), shape) for shape, statuses in groups if len(set(statuses)) > 1]
        return max(shared, key=lambda each: each[0])[1] if shared else None

    def _error_shapes(self) -> Iterator[tuple[str, ErrorShape]]:
        """Yield each media type of each error answer with its status."""
        for operation in self.operations:
            for status, answer in operation.responses.items():
                for media in answer.content.values() if status[0] in "45" else ():
                    if media.schema is not None:
                        yield status, ErrorShape(media.name, media.schema)

    # Its operations.

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every method of every path, in the order of the document."""
        found = [
            self._operation(path, method, item)
            for path, item in self._path_items()
            for method in METHODS
            if method in item
        ]
        groups = dict.fromkeys(group for operation in found for group in operation.origins or ())
        return tuple(
            replace(
                operation,
                unique=unique_members(operation, found),
                other_origins=tuple(group for group in groups if group not in (operation.origins or ())),
            )
            for operation in found
        )

    def _path_items(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each path with what stands below it (OpenAPI 3.0.3, sections 4.7.8 and 4.7.9)."""
        paths = [path for path in self.source.raw["paths"] if not path.startswith("x-")]
        remedy = "write its methods below it"
        return [(path, self.source.mapping(self.source.raw["paths"][path], "path item", remedy)) for path in paths]

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id; DocumentError where there is none."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise DocumentError(f"{self.path}: there is no operation '{operation_id}'")

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        raw = item[method]
        pointer = f"/paths/{escape(path)}/{method}"
        if not isinstance(raw, dict):
            raise DocumentError(f"{self.where(pointer)}: {method} {path} is no operation: say what it answers")
        required = raw.get("security", self.source.raw.get("security", []))
        parameters = parameters_of(self.source, item, raw)
        names_policies = RATE_LIMIT in raw
        named = self.limits.named(raw[RATE_LIMIT], f"{pointer}/{RATE_LIMIT}") if names_policies else None
        return Operation(
            id=str(raw.get("operationId") or re.sub(r"\W+", "_", f"{method}{path}").strip("_")),
            method=method.upper(),
            path=path,
            pointer=pointer,
            tags=tuple(map(str, raw.get("tags") or ())),
            deprecated=bool(raw.get("deprecated")),
            parameters=parameters,
            body=body_of(self.source, raw),
            responses=responses_of(self.source, raw),
            undocumented=Response(self.source, "", {}),
            security=security_of(required, self.where(f"{pointer}/security")),
            facts=self._facts(raw, pointer),
            cache=read_cache(self.source, raw, pointer) if CACHE in raw else None,
            policies=named if named is not None else self.default_policies or (),
            names_policies=names_policies,
            default=self.default_policies,
            bearer=self.carrier == BEARER,
            nowhere={each.name: unknown_id(each.schema) for each in parameters if each.place == "path"},
            origins=read_origins(self.source, raw, pointer),
        )

    def _facts(self, raw: dict[str, Any], pointer: str) -> OperationFacts:
        def evidence(key: str) -> str:
            return f"{key} in {self.where(f'{pointer}/{key}')}"

        pagination, access, role = None, None, None
        if PAGINATION in raw:
            pagination = declared(read_pagination(self.source, raw, pointer), evidence(PAGINATION))
        if ACCESS in raw:
            access = declared(read_access(self.source, raw, pointer), evidence(ACCESS))
        if AUTH_ROLE in raw:
            role = declared(read_auth_role(self.source, raw, pointer), evidence(AUTH_ROLE))
        return OperationFacts(pagination, access, role)

    # How they hang together.

    def creators_of(self, schema: Schema | None) -> tuple[Operation, ...]:
        """Return the operations whose 201 is this schema; none where it is None."""
        return tuple(each for each in self.operations if schema is not None and each.created == schema)

    def creator(self, operation: Operation) -> Fact[Operation] | None:
        """
        Return the operation that makes what the path of this one names, as a link or the path says.

        None where neither does; then the schema of what is read may tell (`creators_of`).
        """
        for each in self.operations:
            if any(link.operation_id == operation.id for link in each.response(201).links):
                return declared(each, f"a link of {each.id}, {self.where(f'{each.pointer}/responses/201/links')}")
        above = operation.path.rpartition("/{")[0]
        made_there = next((each for each in self.operations if each.path == above and each.creates), None)
        return None if made_there is None else declared(made_there, f"the path of {made_there.id} is the one above")

    def identifiers(self, creator: Operation) -> Mapping[str, Fact[str]]:
        """Return, for each path parameter, the pointer into a new item to its argument: as the links say, else /id."""
        links = creator.response(201).links
        place = self.where(f"{creator.pointer}/responses/201/links")
        found = {
            name: declared(pointer, f"a link of {creator.id}, {place}")
            for link in links
            for name, pointer in link.pointers.items()
        }
        usual = declared("/id", f"no link of {creator.id} says otherwise")
        return found or {each.name: usual for operation in self.operations for each in operation.path_parameters}


def security_of(required: Any, where: str) -> tuple[dict[str, tuple[str, ...]], ...]:
    """
    Return the alternatives of security schemes, each with the scopes of all that it asks for together.

    They are a list of Security Requirement Objects (OpenAPI 3.0.3, section 4.7.30, and 3.1, section 4.8.30).
    """
    if not (isinstance(required, list) and all(isinstance(choice, dict) for choice in required)):
        raise DocumentError(f"{where}: its security is no list of schemes: write [{{NAME: []}}]")
    return tuple({name: tuple(scopes or ()) for name, scopes in choice.items()} for choice in required)


def unknown_id(schema: Schema) -> Any:
    """Return an id that nothing has, in the form that a schema asks for."""
    return next((each for each in STRANGE if schema.allows(each)), NOBODY)


def unique_members(operation: Operation, others: list[Operation]) -> dict[str, Schema]:
    """Return the members of its content that are x-unique there, or where the same thing is made, with their schemas."""
    if operation.method == "POST" and not operation.creates:
        return {}  # to sign in with a value claims nothing
    made = operation.success.schema
    makers = [other for other in others if made is not None and not made.is_empty and other.created == made]
    marked = {
        name: schema for each in (operation, *makers) for name, schema in each.members.items() if schema.is_unique
    }
    return {name: marked[name] for name in operation.members if name in marked}
