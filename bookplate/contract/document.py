"""The document: the one place from which laws, limits and targets learn what was promised."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from .access import read_access
from .content import Content
from .contradictions import contradictions
from .creation import Surroundings, creation_of
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
    read_check_order,
    read_cleared,
    read_counters,
    read_mistakes,
    read_origins,
    read_size_limits,
)
from .facts import Fact, declared
from .generated import for_generator, has_own_servers
from .inference import (
    Said,
    said_of,
    with_guessed_access,
    with_guessed_pages,
    with_guessed_roles,
    with_guessed_unique,
    with_health,
    with_what_was_seen,
)
from .item_keys import collection_above, item_parameters, path_shape
from .lines import DocumentError, Mistake, escape
from .media import body_of
from .operation import Operation, OperationFacts
from .overlay import lay_over
from .pagination import PAGINATION, read_paginations
from .parameter import is_parameter, is_whole_query, parameters_of, with_undeclared
from .ratelimit_draft import named_draft
from .reading import Fetch, is_url, read
from .relations import Relations, key_of_items, makers_by_schema, unique_members
from .response import Response, responses_of
from .schema import Schema
from .security import Alternatives, Security, SecurityScheme, alternatives_of, of_challenges, read_schemes
from .seen import SeenService
from .servers import Server, base_path, own_base_path, servers_of
from .source import Source
from .structure import METHODS
from .swagger import as_openapi, is_swagger

__all__ = ["Document", "DocumentError", "ErrorShape", "Info", "Operation", "Policy", "SecurityScheme"]

T = TypeVar("T")
ReadKey = Callable[[Source, Mapping[str, Any], str], T]

# Where one of these stands at an operation, an empty one too, nothing is inferred in its place.
SETTLED = (PAGINATION, ACCESS, AUTH_ROLE, RATE_LIMIT, ORIGINS, CACHE, "security")
MEANT = 3  # statuses that say the same of errors: one or two may do so by chance


@dataclass(frozen=True)
class Info:
    """What the API is called (OpenAPI 3.0.3, section 4.7.2, and 3.1, section 4.8.2, Info Object); empty where unsaid."""

    title: str
    version: str


@dataclass(frozen=True)
class ErrorShape:
    """The media type and the schema that most errors of a document have."""

    media_type: str
    schema: Schema

    def is_like(self, other: "ErrorShape") -> bool:
        """Tell whether two places say the same of errors."""
        return self.media_type == other.media_type and self.schema.says_the_same_as(other.schema)


class Document:
    """
    An OpenAPI document of version 3.0, 3.1 or 3.2 that remembers its lines; what an overlay added has the overlay's.

    `location` is the file or the URL that it was read from, as it was named. `target` is the URL that it is served at,
    empty where that is not known yet.
    """

    def __init__(self, path: str | Path, raw: dict[str, Any], lines: dict[str, str]) -> None:
        self.source = Source(str(path), raw, lines)
        self.target = ""
        self.seen = SeenService()

    @classmethod
    def load(
        cls,
        location: str | Path,
        overlay: str | Path | None = None,
        fetch: Fetch | None = None,
        *,
        takes_swagger: bool = False,
    ) -> "Document":
        """
        Read a document from a file or a URL, with an overlay; `fetch` gets what is read from URLs.

        `takes_swagger` says that Swagger 2.0 is read too, as OpenAPI 3.0, which is a notice.

        Raises DocumentError, with file, line and remedy, only for what cannot be read as a document at all, and for a
        mistake in the overlay. What can be read is read: `mistakes` and `notices` tell the rest.
        """
        content = read(location, fetch)
        if takes_swagger and is_swagger(content):
            content = as_openapi(content)
        require_openapi(content)
        source = Source.of(content, fetch)
        if overlay:
            content.places = lay_over(source.raw, Path(overlay)) | content.places
            source = Source.of(content, fetch)
        source.rename()
        return cls._of(source)

    @classmethod
    def _of(cls, source: Source, target: str = "") -> "Document":
        document = cls(source.location, source.raw, {})
        document.source = source
        document.target = target
        return document

    def served_at(self, target: str) -> "Document":
        """Return the document as it is served at a URL, whose path is the base path where it has one."""
        return Document._of(self.source, target) if is_url(target) else self

    @property
    def location(self) -> str:
        """The file or the URL that it was read from."""
        return self.source.location

    @property
    def path(self) -> Path:
        """The file that it was read from, where it was read from one."""
        return Path(self.location)

    def beside(self, name: str) -> Path | None:
        """Return the file or folder of a name that lies beside the document; None where none does."""
        found = self.path.with_name(name)
        return found if not is_url(self.location) and found.exists() else None

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in it and did not keep it from being read; `validity.mistakes` finds what else is wrong."""
        _ = self.operations
        return tuple(self.source.mistakes)

    @property
    def notices(self) -> tuple[Mistake, ...]:
        """What was left unread and is no mistake by the standard: extension keys of another form, files elsewhere."""
        _ = (self.operations, self.size_limits)
        return (*self.source.notices, *self.contradictions)

    @cached_property
    def contradictions(self) -> tuple[Mistake, ...]:
        """What x-access says and the rest of the document does not bear out; each is among the notices."""
        return tuple(Mistake(self.where(pointer), text) for pointer, text in contradictions(self.operations))

    @property
    def old_names(self) -> tuple[Mistake, ...]:
        """Members of extension keys that have another name now; they are read, and are among the notices."""
        return tuple(self.source.old_names)

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

    def for_generator(self, *, examples: bool) -> dict[str, Any]:
        """Return the document as plain data for the generator of requests, with or without its examples."""
        return for_generator(
            self.source, self.operations, self.base_path, examples=examples, challenges=self.seen.challenges
        )

    @cached_property
    def has_own_servers(self) -> bool:
        """Whether some operation stands below another path than the rest; then the generator's paths begin at the host."""
        return has_own_servers(self.operations)

    def relaxed(self, factor: int = 1000) -> dict[str, Any]:
        """Return the document as plain data, with every rate limit multiplied and nothing else changed."""
        raw = self.plain()
        for name, policy in self.limits.policies.items():
            raw[RATE_LIMIT]["policies"][name]["limit"] = (
                policy.limit * factor
                if isinstance(policy.limit, int)
                else {tier: limit * factor for tier, limit in policy.limit.items()}
            )
        return raw

    # What answers have shown.

    def learn(self, seen: SeenService) -> None:
        """Take what answers have shown of what the document says nothing of; its operations are others after that."""
        self.seen = seen
        for name in ("security", "operations", "_by_id", "relations", "error_shape", "has_one_error_shape"):
            self.__dict__.pop(name, None)

    def if_seen(self, seen: SeenService) -> "Document":
        """Return another document that has learnt this of the service; this one stays as it is."""
        other = Document._of(self.source, self.target)
        other.learn(seen)
        return other

    @cached_property
    def said(self) -> Said:
        """Of which kinds of things it speaks at all."""
        return said_of(self._read, frozenset(self._own_keys()))

    def _own_keys(self) -> Iterator[str]:
        """
        Yield the keys of its root, of its tags and of its operations.

        What an overlay says of one operation is said of that one alone: it may be what somebody has found out so far.
        """
        tags = [tag for tag in self.source.listed(self.source.raw.get("tags")) if isinstance(tag, dict)]
        for holder in (self.source.raw, *tags):
            yield from holder
        for operation in self._read:
            own = (key for key in operation.facts.settled if self._is_its_own(f"{operation.pointer}/{key}"))
            yield from own

    def _is_its_own(self, pointer: str) -> bool:
        """Tell whether the document itself says something, and no overlay."""
        return self.where(pointer).startswith(f"{self.location}:")

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
    def servers(self) -> tuple[Server, ...]:
        """Where it says that it is served, the first of which counts unless the target is another one."""
        return servers_of(self.source, self.source.raw)

    @cached_property
    def base_path(self) -> str:
        """
        The path that its operations stand below, without a slash at the end.

        It is the path of the target's URL, where that has one. Else it is that of the server at the target's host, and
        that of the first server where none is.
        """
        return base_path(self.servers, self.target)

    @cached_property
    def security(self) -> Security:
        """The kinds of credentials that it declares, and what its root asks for."""
        declared_ones = read_schemes(self.source)
        schemes = {**of_challenges(self.seen.challenges), **declared_ones}
        return Security(schemes, self._security(self.source.raw.get("security", []), "/security"))

    @property
    def security_schemes(self) -> Mapping[str, SecurityScheme]:
        """The kinds of credentials that it declares, by name."""
        return self.security.schemes

    @cached_property
    def limits(self) -> RateLimits:
        """Its rate limits; none where `x-rate-limit` has another form than ours."""
        return self.source.unless_mistaken(lambda: RateLimits(self.source)) or RateLimits(self.source, {})

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Its rate limits by name; those that answers have announced where it declares none."""
        announced = {policy.name: policy for each in self.seen.operations.values() for policy in each.policies}
        return self.limits.policies or ({} if self.said.limits else announced)

    @cached_property
    def size_limits(self) -> Mapping[str, int]:
        """How many bytes the service reads at most, of content, target and headers, where the document says so."""
        return self.source.unless_mistaken(lambda: read_size_limits(self.source)) or {}

    @cached_property
    def check_order(self) -> tuple[str, ...]:
        """The checks that a request goes through, one after the other; empty where the document does not say."""
        return self.source.unless_mistaken(lambda: read_check_order(self.source)) or ()

    @cached_property
    def mistake_statuses(self) -> Mapping[str, int]:
        """The status of each mistake of a request that the document names in `x-mistakes`; empty where it names none."""
        return self.source.unless_mistaken(lambda: read_mistakes(self.source)) or {}

    @cached_property
    def ratelimit_draft(self) -> int | None:
        """The draft of the RateLimit fields that the document names, such as 11; None where it names none."""
        return named_draft(self.source)

    @cached_property
    def default_policies(self) -> tuple[Policy, ...] | None:
        """What limits an operation that names no policies; None where the document does not say."""
        return self.source.unless_mistaken(lambda: self.limits.listed("default"))

    @cached_property
    def unrouted_policies(self) -> tuple[Policy, ...]:
        """What limits requests that lead to no operation."""
        own = self.source.unless_mistaken(lambda: self.limits.listed("unrouted"))
        return own if own is not None else self.default_policies or ()

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

    @cached_property
    def has_one_error_shape(self) -> bool:
        """Whether every error that it declares has the same shape, over so many statuses that it is meant so."""
        shape, found = self.error_shape, list(self._error_shapes())
        statuses = {status for status, _ in found}
        return shape is not None and len(statuses) >= MEANT and all(shape.is_like(other) for _, other in found)

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
        """
        Every method of every path, in the order of the document.

        An operation that cannot be read is left out, and is among the mistakes.
        """
        informed = with_health(with_what_was_seen(self._read, self.seen, self.said), self.said)
        found = [self._with_creation(operation) for operation in with_guessed_roles(informed)]
        found = with_guessed_access(with_guessed_pages(found, self._item_parameters))
        found = [self._with_key(operation) for operation in found]
        groups = dict.fromkeys(group for operation in found for group in operation.origins or ())
        makers = makers_by_schema(found)
        told = tuple(
            replace(
                operation,
                unique=unique_members(operation, makers),
                other_origins=tuple(group for group in groups if group not in (operation.origins or ())),
            )
            for operation in found
        )
        return tuple(with_guessed_unique(told))

    @cached_property
    def _read(self) -> tuple[Operation, ...]:
        """Every operation that can be read, as the document has it."""
        self.source.ids = self._ids()
        return tuple(
            operation
            for path, item in self._path_items()
            for method in METHODS
            if method in item and (operation := self._readable(path, method, item)) is not None
        )

    @cached_property
    def origins(self) -> tuple[str, ...] | None:
        """The groups of origins that may call what says nothing of its origins; None where the document names none."""
        return self.source.unless_mistaken(lambda: read_origins(self.source, {}, ""))

    @cached_property
    def _by_id(self) -> dict[str, Operation]:
        return {operation.id: operation for operation in self.operations}

    def _with_creation(self, operation: Operation) -> Operation:
        """Return an operation that knows whether it makes something, which depends on the other paths."""
        methods = self._methods_by_shape
        around = Surroundings(
            parameter=self._item_parameters.get(path_shape(operation.path), ""),
            has_post_above="post" in methods.get(path_shape(collection_above(operation.path)), ()),
            is_read="get" in methods.get(path_shape(operation.path), ()),
            where=self.where(f"{operation.pointer}/responses/201"),
        )
        try:
            creation = creation_of(operation, around)
        except DocumentError:
            return operation  # what it answers cannot be read, which is among the mistakes
        return replace(operation, facts=replace(operation.facts, creation=creation))

    def _with_key(self, operation: Operation) -> Operation:
        """Return a list that knows what tells its items apart; any other operation as it is."""
        try:
            key = key_of_items(operation, self._item_parameters.get(path_shape(operation.path), ""))
        except DocumentError:
            return operation  # what it shows cannot be read, which is among the mistakes
        return replace(operation, facts=replace(operation.facts, key=key))

    @cached_property
    def _item_parameters(self) -> Mapping[str, str]:
        """The parameter that names the items right below a path, for the shape of each path that has such items."""
        return item_parameters(path for path, _ in self._path_items())

    def parameter_below(self, path: str) -> str:
        """Return the parameter that names the items right below a path; empty where there are none."""
        return self._item_parameters.get(path_shape(path), "")

    @cached_property
    def _methods_by_shape(self) -> Mapping[str, set[str]]:
        """The methods that each path has, by its shape."""
        methods: dict[str, set[str]] = {}
        for path, item in self._path_items():
            methods.setdefault(path_shape(path), set()).update(method for method in METHODS if method in item)
        return methods

    def _path_items(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each path with what stands below it (OpenAPI 3.0.3, sections 4.7.8 and 4.7.9)."""
        paths = self.source.mapping(self.source.raw.get("paths", {}), "map of paths", "write each path below it")
        remedy = "write its methods below it"
        return [
            (path, self.source.mapping(paths[path], "path item", remedy, f"/paths/{escape(path)}"))
            for path in paths
            if not path.startswith("x-")
        ]

    def _ids(self) -> dict[str, str]:
        """
        Return the id of each operation by its pointer: its operationId, or one made of its method and its path.

        Each is another one, also where the document gives one id to two operations.
        """
        places = [
            (f"/paths/{escape(path)}/{method}", f"{method}{path}", item[method])
            for path, item in self._path_items()
            for method in METHODS
            if isinstance(item.get(method), dict)
        ]
        declared_ones = {str(raw["operationId"]) for _, _, raw in places if raw.get("operationId")}
        ids: dict[str, str] = {}
        taken: set[str] = set()
        for pointer, text, raw in places:
            own = str(raw.get("operationId") or "")
            name = own or re.sub(r"\W+", "_", text).strip("_")
            others = taken if own else taken | declared_ones
            number = next(number for number in count(1) if numbered(name, number) not in others)
            ids[pointer] = numbered(name, number)
            taken.add(ids[pointer])
        return ids

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id; DocumentError where there is none."""
        if operation_id not in self._by_id:
            raise DocumentError(f"{self.location}: there is no operation '{operation_id}'")
        return self._by_id[operation_id]

    def find(self, operation_id: str) -> Operation | None:
        """Return an operation by its id; None where there is none."""
        return self._by_id.get(operation_id)

    def _readable(self, path: str, method: str, item: dict[str, Any]) -> Operation | None:
        """Return an operation; None where it cannot be read, which is a mistake."""
        try:
            return self._operation(path, method, item)
        except DocumentError as problem:
            self.source.mistake(str(problem))
            return None

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        raw = item[method]
        pointer = f"/paths/{escape(path)}/{method}"
        if not isinstance(raw, dict):
            raise DocumentError(f"{self.where(pointer)}: {method} {path} is no operation: say what it answers")
        asked = raw.get("security")
        security = self.security.default if asked is None else self._security(asked, f"{pointer}/security")
        parameters = with_undeclared(self.source, path, parameters_of(self.source, item, raw))
        named = self._named_policies(raw, pointer)
        return Operation(
            id=self.source.ids[pointer],
            method=method.upper(),
            path=path,
            pointer=pointer,
            place=self.where(pointer),
            tags=tuple(map(str, self.source.listed(raw.get("tags")))),
            deprecated=bool(raw.get("deprecated")),
            parameters=parameters,
            body=body_of(self.source, raw),
            responses=responses_of(self.source, raw),
            undocumented=Response(self.source, "", {}),
            security=security,
            facts=self._facts(raw, pointer),
            cache=self._key(CACHE, read_cache, raw, pointer),
            clears=self._key(CLEARS, read_cleared, raw, pointer),
            counters=self._key(COUNTS, read_counters, raw, pointer) or (),
            policies=named if named is not None else self.default_policies or (),
            names_policies=named is not None,
            default=self.default_policies,
            bearer=self.security.takes_bearer(security),
            takes_password=any(each.takes_password for each in self.security.named_in(security)),
            challenged=self.security.has_challenges,
            origins=self.source.unless_mistaken(lambda: read_origins(self.source, raw, pointer)),
            unreadable=unreadable_part(self.source, item, raw),
            base=own_base_path(self.source, (raw, item), self.servers, self.target),
            check_order=self.check_order,
            mistake_statuses=self.mistake_statuses,
        )

    def _security(self, required: Any, pointer: str) -> Alternatives:
        """Return the alternatives of security schemes; none where they are written in another form, which is a mistake."""
        try:
            return alternatives_of(required, self.where(pointer))
        except DocumentError as problem:
            self.source.mistake(str(problem))
            return ()

    def _named_policies(self, raw: dict[str, Any], pointer: str) -> tuple[Policy, ...] | None:
        """Return the policies that an operation names; None where it names none, or in another form than ours."""
        if RATE_LIMIT not in raw:
            return None
        place = f"{pointer}/{RATE_LIMIT}"
        return self.source.unless_mistaken(lambda: self.limits.named(raw[RATE_LIMIT], place))

    def _key(self, key: str, read_key: ReadKey[T], raw: dict[str, Any], pointer: str) -> T | None:
        """Return what an extension key of an operation says; None where it is not there, empty, or of another form."""
        return self.source.unless_mistaken(lambda: read_key(self.source, raw, pointer)) if raw.get(key) else None

    def _facts(self, raw: dict[str, Any], pointer: str) -> OperationFacts:
        def fact(key: str, read_key: ReadKey[T]) -> Fact[T] | None:
            value = self._key(key, read_key, raw, pointer)
            return None if value is None else declared(value, f"{key} in {self.where(f'{pointer}/{key}')}")

        styles = fact(PAGINATION, read_paginations)
        paginations = [declared(each, styles.evidence) for each in styles.value] if styles else []
        return OperationFacts(
            pagination=next(iter(paginations), None),
            other_paginations=tuple(paginations[1:]),
            access=fact(ACCESS, read_access),
            auth_role=fact(AUTH_ROLE, read_auth_role),
            settled=frozenset(key for key in SETTLED if key in raw),
        )

    # How they hang together.

    @cached_property
    def relations(self) -> Relations:
        """Its operations as they hang together by links, paths and schemas."""
        return Relations(self.operations, self.where)

    def creators_of(self, schema: Schema | None) -> tuple[Operation, ...]:
        """Return the operations that make what has this schema; none where it is None."""
        return self.relations.creators_of(schema)

    def makes_items_at(self, path: str) -> bool:
        """Tell whether a path is that of a list, to which a POST adds items; a PUT makes the item of its own path."""
        return any(each.path == path and each.creates and each.method == "POST" for each in self.operations)

    def creator(self, operation: Operation) -> Fact[Operation] | None:
        """Return the operation that makes what the path of this one names; None where neither a link nor the path says."""
        return self.relations.creator(operation)

    def identifiers(self, creator: Operation) -> Mapping[str, Fact[str]]:
        """Return, for each path parameter, the pointer to its argument in the answer that shows a new item."""
        return self.relations.identifiers(creator)


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


def numbered(name: str, number: int) -> str:
    """Return the first name as it is, and each later one with its number."""
    return name if number == 1 else f"{name}_{number}"


def require_openapi(content: Content) -> None:
    """Raise DocumentError for what is no OpenAPI document of a version that is read."""
    raw, where = content.value, f"{content.location}:1"
    if isinstance(raw, dict) and "swagger" in raw:
        place_of_version = content.places.get("/swagger", where)
        raise DocumentError(
            f"{place_of_version}: is Swagger {raw['swagger']}, which is not read: convert it to OpenAPI 3, for example "
            f"with `npx swagger2openapi {content.location} -o openapi.yaml`"
        )
    if not isinstance(raw, dict) or not {"openapi", "paths"} & raw.keys():
        raise DocumentError(f"{where}: is no OpenAPI document: it has no `openapi` and no `paths`")
    version = str(raw.get("openapi", "3"))
    if not version.startswith("3"):
        place_of_version = content.places.get("/openapi", where)
        raise DocumentError(f"{place_of_version}: OpenAPI {version} is not read: write it in 3.0, 3.1 or 3.2")
