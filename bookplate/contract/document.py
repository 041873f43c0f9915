"""The document: the one place from which laws, limits and targets learn what was promised."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .content import Content
from .contradictions import contradictions
from .creation import Surroundings, creation_of
from .declared_operations import DeclaredOperations, SaidOnce
from .error_shape import ErrorShape, is_meant_for_all, most_common_shape
from .extensions import (
    RATE_LIMIT,
    Policy,
    RateLimits,
    read_check_order,
    read_mistakes,
    read_origins,
    read_size_limits,
)
from .facts import Fact
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
from .item_keys import collection_above
from .lines import DocumentError, Mistake
from .operation import Operation
from .overlay import lay_over
from .paths import Paths
from .ratelimit_draft import named_draft
from .reading import Fetch, is_url, read
from .relations import Relations, key_of_items, makers_by_schema, unique_members
from .schema import Schema
from .security import Security, SecurityScheme, of_challenges, read_alternatives, read_schemes
from .seen import SeenService
from .servers import Server, base_path, servers_of
from .source import Source
from .swagger import as_openapi, is_swagger

__all__ = ["Document", "DocumentError", "ErrorShape", "Info", "Operation", "Policy", "SecurityScheme"]


@dataclass(frozen=True)
class Info:
    """What the API is called (OpenAPI 3.0.3, section 4.7.2, and 3.1, section 4.8.2, Info Object); empty where unsaid."""

    title: str
    version: str


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
        return Security(schemes, read_alternatives(self.source, self.source.raw.get("security", []), "/security"))

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
        return most_common_shape(self.operations)

    @cached_property
    def has_one_error_shape(self) -> bool:
        """Whether every error that it declares has the same shape, over so many statuses that it is meant so."""
        return is_meant_for_all(self.error_shape, self.operations)

    # Its operations.

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """
        Every method of every path, in the order of the document.

        An operation that cannot be read is left out, and is among the mistakes.
        """
        informed = with_health(with_what_was_seen(self._read, self.seen, self.said), self.said)
        found = [self._with_creation(operation) for operation in with_guessed_roles(informed)]
        found = with_guessed_access(with_guessed_pages(found, self.paths.item_parameters))
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
        once = SaidOnce(
            security=self.security,
            limits=self.limits,
            default_policies=self.default_policies,
            check_order=self.check_order,
            mistake_statuses=self.mistake_statuses,
            servers=self.servers,
            target=self.target,
        )
        return tuple(DeclaredOperations(self.source, once).read(self.paths))

    @cached_property
    def paths(self) -> Paths:
        """Its paths, with what stands below each."""
        return Paths(self.source)

    @cached_property
    def origins(self) -> tuple[str, ...] | None:
        """The groups of origins that may call what says nothing of its origins; None where the document names none."""
        return self.source.unless_mistaken(lambda: read_origins(self.source, {}, ""))

    @cached_property
    def _by_id(self) -> dict[str, Operation]:
        return {operation.id: operation for operation in self.operations}

    def _with_creation(self, operation: Operation) -> Operation:
        """Return an operation that knows whether it makes something, which depends on the other paths."""
        around = Surroundings(
            parameter=self.paths.parameter_below(operation.path),
            has_post_above="post" in self.paths.methods_of(collection_above(operation.path)),
            is_read="get" in self.paths.methods_of(operation.path),
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
            key = key_of_items(operation, self.paths.parameter_below(operation.path))
        except DocumentError:
            return operation  # what it shows cannot be read, which is among the mistakes
        return replace(operation, facts=replace(operation.facts, key=key))

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id; DocumentError where there is none."""
        if operation_id not in self._by_id:
            raise DocumentError(f"{self.location}: there is no operation '{operation_id}'")
        return self._by_id[operation_id]

    def find(self, operation_id: str) -> Operation | None:
        """Return an operation by its id; None where there is none."""
        return self._by_id.get(operation_id)

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
