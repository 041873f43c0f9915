"""One operation of the document."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from .access import REFUSALS, REFUSALS_OF_ALL, SELF, Access, OwnAccount
from .creation import Creation, inside, is_chosen, wrapper_of, wrapper_of_content
from .extensions import AuthRole, CacheTerms, Counter, Policy, RoleMember
from .facts import Fact, Origin
from .item_keys import ITEM, parameters_in
from .lines import DocumentError
from .media import Body
from .pagination import Pagination
from .parameter import Parameter
from .pointer import look_up, put
from .response import Link, Response, nearest
from .schema import Schema
from .security import Alternatives

NOBODY = 987654321
# Ids that nothing has, in the forms that ids have: numbers, UUIDs, those of MongoDB, ULIDs, names.
STRANGE = (
    NOBODY,
    "98765432-1987-4654-8321-987654321987",
    f"{NOBODY:024}",
    f"{NOBODY:026}",
    "nobody",
    f"nobody-{NOBODY}",
)


# The facts that may be inferred, as OperationFacts names them.
FROM_NAMES = ("pagination", "access", "auth_role", "creation", "health", "unique")
FROM_ANSWERS = ("security", "schemes", "statuses", "versions", "problems", "policies", "origins", "cache")
GUESSED = (*FROM_NAMES, *FROM_ANSWERS)
# What an operation has of a fact beside it, as it is where nobody knows the fact.
UNKNOWN: Mapping[str, Mapping[str, Any]] = {
    "security": {"security": ()},
    "schemes": {"security": (), "bearer": False, "challenged": False},
    "policies": {"policies": ()},
    "origins": {"origins": None, "other_origins": ()},
    "cache": {"cache": None},
    "unique": {"unique": {}},
}


@dataclass
class OperationFacts:
    """
    What may be inferred where the document does not say it, each with its origin; None where it is not known.

    `other_paginations` are further styles of the pages of one list. `key` is the pointer into an item of a list to what
    tells it from others.
    `health` says that it tells how the service is, and `unique` names the members that no two items may share.

    The others are what answers have shown: `security`, and the `schemes` that challenges name; the `statuses` of answers;
    that what it shows has `versions`, each with an ETag; that errors are `problems` (RFC 9457); the `policies` that limit
    it, the `origins` that may call it, and its `cache`.

    `settled` are the extension keys that stand at the operation, an empty one too: nothing is inferred in their place.
    `refuted` says how reads have shown that a guess was wrong; it is empty where none was. `refuted_pages` was that guess.
    """

    pagination: Fact[Pagination] | None = None
    other_paginations: tuple[Fact[Pagination], ...] = ()
    key: Fact[str] | None = None
    access: Fact[Access] | None = None
    auth_role: Fact[AuthRole] | None = None
    creation: Fact[Creation] | None = None
    health: Fact[bool] | None = None
    unique: Fact[tuple[str, ...]] | None = None
    security: Fact[Alternatives] | None = None
    schemes: Fact[tuple[str, ...]] | None = None
    statuses: Fact[frozenset[int]] | None = None
    versions: Fact[bool] | None = None
    problems: Fact[bool] | None = None
    policies: Fact[tuple[Policy, ...]] | None = None
    origins: Fact[tuple[str, ...]] | None = None
    cache: Fact[CacheTerms] | None = None
    settled: frozenset[str] = frozenset()
    refuted: str = ""
    refuted_pages: Fact[Pagination] | None = None

    @property
    def inferred(self) -> Mapping[str, Fact[Any]]:
        """The facts that nobody has declared, by their names here."""
        named = {each.name: getattr(self, each.name) for each in fields(self) if each.name in GUESSED}
        return {name: fact for name, fact in named.items() if fact is not None and not fact.is_declared}


@dataclass(frozen=True, eq=False)
class Operation:
    """
    One method of one path (OpenAPI 3.0.3, section 4.7.10, and 3.1, section 4.8.10, Operation Object).

    `pointer` is where it stands, `place` the same as `file:line`. `security` has the alternatives of security schemes, each with the scopes of all that it
    asks for together; `secured` says whether each alternative asks for one, `bearer` whether credentials are bearer tokens,
    `takes_password` whether a name and a password may stand in each request, and `challenged` whether a 401 can name a scheme of the document.

    `policies` limit it: those that it names, as `names_policies` says, else the default ones, which `default` has; that is
    None where the document sets no default. `unique` gives the members of its content that no two items may share.
    `origins` are the groups of origins that may call it from a browser, None where the document says nothing, and
    `other_origins` all other groups. `check_order` has the checks that a request goes through, where the document names
    them, and `mistake_statuses` the status of each mistake that it names. `clears` is what its success empties, as
    `cache`, and `counters` say what the numbers in its answer count. `base` is the path that it stands below at its host,
    None where that is the base path of the whole document. `unreadable` says which part of what a request takes cannot
    be read, and why, such as a
    reference that leads nowhere; nobody can tell what to send then. It is empty elsewhere.
    """

    id: str
    method: str
    path: str
    pointer: str = field(repr=False)
    place: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    deprecated: bool = field(repr=False)
    parameters: tuple[Parameter, ...] = field(repr=False)
    body: Body | None = field(repr=False)
    responses: Mapping[str, Response] = field(repr=False)
    undocumented: Response = field(repr=False)
    security: tuple[Mapping[str, tuple[str, ...]], ...] = field(repr=False)
    facts: OperationFacts = field(repr=False)
    cache: CacheTerms | None = field(repr=False)
    policies: tuple[Policy, ...] = field(repr=False)
    names_policies: bool = field(repr=False)
    default: tuple[Policy, ...] | None = field(default=None, repr=False)
    bearer: bool = field(default=True, repr=False)
    takes_password: bool = field(default=False, repr=False)
    challenged: bool = field(default=True, repr=False)
    unique: Mapping[str, Schema] = field(default_factory=dict, repr=False)
    origins: tuple[str, ...] | None = field(default=None, repr=False)
    other_origins: tuple[str, ...] = field(default=(), repr=False)
    base: str | None = field(default=None, repr=False)
    unreadable: str = field(default="", repr=False)
    check_order: tuple[str, ...] = field(default=(), repr=False)
    clears: str | None = field(default=None, repr=False)
    counters: tuple[Counter, ...] = field(default=(), repr=False)
    mistake_statuses: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def tag(self) -> str:
        """The first of its tags; `default` where it has none."""
        return self.tags[0] if self.tags else "default"

    @property
    def secured(self) -> bool:
        """Whether it cannot be called without credentials."""
        return bool(self.security) and {} not in self.security

    # What is inferred where the document does not say it: laws ask for the values, findings for the facts.

    @property
    def pagination(self) -> Pagination | None:
        """How its pages hang together; None where it has none."""
        return self.facts.pagination.value if self.facts.pagination else None

    def in_each_style(self) -> Iterator["Operation"]:
        """Yield this operation, and then once more for each further style of its pages, as if it had that one alone."""
        yield self
        for other in self.facts.other_paginations:
            yield replace(self, facts=replace(self.facts, pagination=other, other_paginations=()))

    def learn_pages(self, pagination: Fact[Pagination] | None, refuted: str = "") -> None:
        """Take what reads have shown of its pages in place of what was guessed; None, and why, where they refuted it."""
        self.facts.refuted_pages = self.facts.pagination if refuted else None
        self.facts.pagination = pagination
        if pagination is not None and pagination.value.key is not None:
            self.facts.key = Fact(pagination.value.key, pagination.origin, pagination.evidence)
        self.facts.refuted = refuted
        for name in ("shown", "text_filters"):
            self.__dict__.pop(name, None)

    def before_it_was_refuted(self) -> "Operation":
        """Return it as it was guessed, where reads have refuted that; itself where they have not."""
        if self.facts.refuted_pages is None:
            return self
        return replace(self, facts=replace(self.facts, pagination=self.facts.refuted_pages))

    def without(self, names: Iterable[str]) -> "Operation":
        """Return it as if some of its facts were not known, by their names in OperationFacts."""
        left_out: dict[str, Any] = dict.fromkeys(names)
        beside = {field: value for name in left_out for field, value in UNKNOWN.get(name, {}).items()}
        return replace(self, facts=replace(self.facts, **left_out), **beside)

    @property
    def access(self) -> Access | None:
        """Which callers it admits; None where the document does not say."""
        return self.facts.access.value if self.facts.access else None

    @property
    def may_end_its_caller(self) -> bool:
        """Whether it signs people in or out or is about their account; a read that is only guessed to be so ends nobody."""
        role = self.facts.auth_role
        if role is None:
            return False
        is_guessed_read = not role.is_declared and role.value.role == "account" and self.method == "GET"
        return not is_guessed_read

    @property
    def as_declared(self) -> "Operation":
        """It without what is inferred, but for how it makes something."""
        guessed = self.facts.inferred.keys() - {"creation"}
        return self.without(guessed) if guessed else self

    @property
    def declares_access(self) -> bool:
        """Whether the document says itself which callers it admits."""
        return self.facts.access is not None and self.facts.access.is_declared

    @property
    def auth_role(self) -> AuthRole | None:
        """What it does for signing in; None where that is not what it is for."""
        return self.facts.auth_role.value if self.facts.auth_role else None

    @property
    def allow(self) -> frozenset[str]:
        """The callers whom it admits: user, owner, self and roles; none where the document does not say."""
        return frozenset(self.access.allow) if self.access else frozenset()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that it admits, the first one first; none where the document does not say."""
        return self.access.roles if self.access else ()

    @property
    def refusal(self) -> int | None:
        """The status of an answer to a caller whom it does not admit, where the document declares it."""
        return self.access.declared_refusal if self.access and self.declares_access else None

    @property
    def refusals(self) -> frozenset[int]:
        """The statuses that refuse a caller whom it does not admit: the declared one, else each that says so."""
        if self.refusal is not None:
            return frozenset((self.refusal,))
        return frozenset((*REFUSALS, *filter(self.documents, REFUSALS_OF_ALL)))

    @property
    def own_account(self) -> OwnAccount | None:
        """Where a request of it names the account that has to be the caller's own; None where none has to be."""
        return self.access.own_account if self.access and SELF in self.allow else None

    @property
    def role(self) -> str:
        """Its role for signing in, such as log-in; empty where it has none."""
        return self.auth_role.role if self.auth_role else ""

    def role_pointer(self, member: RoleMember) -> str:
        """Return where a member of its role stands, such as its secret; DocumentError where the document does not say."""
        pointer = self.auth_role.pointer(member) if self.auth_role else None
        if pointer is None:
            lacks = f"the x-auth-role of {self.id} has no {member}"
            raise DocumentError(f"{self.place}: {lacks}: write the pointer to where it stands")
        return pointer

    def role_value(self, member: RoleMember, body: Any) -> Any:
        """Return what a body holds for a member of its role; None where the document does not say where that stands."""
        pointer = self.auth_role.pointer(member) if self.auth_role else None
        return None if pointer is None else look_up(body, pointer)

    @property
    def family(self) -> str:
        """The path of what it is about, without the parameters at its end: `/books` of `/books` and of `/books/{id}`."""
        return re.sub(r"(/\{[^/]*\})+$", "", self.path.rstrip("/")) or "/"

    # What it takes.

    @cached_property
    def path_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.place == "path")

    @cached_property
    def nowhere(self) -> Mapping[str, Any]:
        """Arguments for its path that lead to nothing, by the names of its parameters."""
        return {parameter.name: unknown_id(parameter.schema) for parameter in self.path_parameters}

    @cached_property
    def query_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.place == "query")

    @cached_property
    def cookie_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.place == "cookie")

    @cached_property
    def header_parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.place == "header")

    def parameter(self, name: str, place: str = "query") -> Parameter | None:
        """Return a parameter by its name, in any case, and its place; None where it takes no such one."""
        return next((each for each in self.parameters if each.place == place and each.is_called(name)), None)

    def has_parameter(self, name: str, place: str) -> bool:
        """Tell whether it takes a parameter of this name, in any case, at this place."""
        return self.parameter(name, place) is not None

    @property
    def media_type(self) -> str | None:
        """The media type that the suite sends its content as, JSON before others; None where it takes none."""
        return self.body.media_type.sent_as if self.body else None

    @cached_property
    def wrapper(self) -> str:
        """
        The pointer to the object that stands alone in what it takes, as in {"article": {...}}; empty where none does.

        Where the document says by pointers what stands in the content, they lead into the whole.
        """
        is_told_by_pointers = self.auth_role is not None and self.auth_role.points_into_requests
        media = self.body.media_type if self.body else None
        if media is None or not media.is_json or is_told_by_pointers:
            return ""
        return wrapper_of_content(media.schema, self.success.schema)

    @cached_property
    def place_of_members(self) -> str:
        """The pointer to the object that has its members, in content without `wrapper`; empty where the content is that."""
        media = self.body.media_type if self.body else None
        if self.wrapper or media is None or not media.is_json:
            return ""
        return wrapper_of_content(media.schema, self.success.schema)

    @cached_property
    def inner_members(self) -> Mapping[str, Schema]:
        """The members that it takes in that object, with their schemas."""
        inner = inside(self.content_schema, self.place_of_members)
        members = inner.members if inner else {}
        return {name: member for name, member in members.items() if not member.is_read_only}

    @cached_property
    def content_schema(self) -> Schema | None:
        """What its content has to be, without a wrapper around it; None where it takes none, or does not say."""
        return inside(self.body.schema, self.wrapper) if self.body else None

    def wrapped(self, content: Any) -> Any:
        """Return content with the wrapper around it that the operation takes; what is no object as it is."""
        if not self.wrapper or not isinstance(content, dict):
            return content
        whole: dict[str, Any] = {}
        put(whole, self.wrapper, content)
        return whole

    @cached_property
    def members(self) -> Mapping[str, Schema]:
        """The members of the content that it takes, with their schemas; those that only answers have are not taken."""
        members = self.content_schema.members if self.content_schema else {}
        return {name: member for name, member in members.items() if not member.is_read_only}

    @property
    def required_members(self) -> tuple[str, ...]:
        """The names of the members that its content must have."""
        return self.content_schema.required_members if self.content_schema else ()

    # What it answers.

    def serves(self, method: str) -> bool:
        """Tell whether a request with this method is one of it: HEAD is answered as GET (RFC 9110, section 9.3.2)."""
        return method == self.method or (method == "HEAD" and self.method == "GET")

    def documents(self, *statuses: int | str) -> bool:
        """Tell whether one of these has a key of its own among its responses: a status, a range such as 4XX, or default."""
        return any(str(status) in self.responses for status in statuses)

    def answers_with(self, *statuses: int) -> bool:
        """Tell whether it documents one of these statuses, or was seen to answer one where the document has none of them."""
        fact = self.facts.statuses
        return self.documents(*statuses) or (fact is not None and not fact.value.isdisjoint(statuses))

    @property
    def has_tag(self) -> bool:
        """Whether its success has an ETag, as the document says, or as answers have shown."""
        versions = self.facts.versions
        was_seen = versions is not None and versions.origin is Origin.CONFIRMED
        return was_seen or self.success.header("ETag") is not None

    @property
    def takes_condition(self) -> bool:
        """Whether it takes If-Match, as the document says, or as the ETag of what it changes lets expect."""
        changes_it = self.method in ("PUT", "PATCH", "DELETE")
        return self.has_parameter("If-Match", "header") or (changes_it and self.facts.versions is not None)

    @property
    def is_health(self) -> bool:
        """Whether it tells how the service is: a tag says so, or its path does where no tag of the document is `health`."""
        return self.method == "GET" and ("health" in self.tags or self.facts.health is not None)

    def response(self, status: int | str) -> Response:
        """Return what it documents under this very key; an empty Response where it does not."""
        return self.responses.get(str(status), self.undocumented)

    def response_to(self, status: int) -> Response | None:
        """Return what documents a status: its own key, else its range, else the default; None where none does."""
        return nearest(self.responses, status)

    @cached_property
    def success(self) -> Response:
        """What it documents for its lowest 2xx status; an empty Response where it documents none."""
        return self.response(min((status for status in self.responses if status.startswith("2")), default=""))

    @cached_property
    def answered(self) -> Schema | None:
        """What its success shows, without a wrapper around it; None where the document does not say."""
        return inside(self.success.schema, wrapper_of(self.success.schema))

    @property
    def answered_members(self) -> Mapping[str, Schema]:
        """The members that its success may show, with their schemas, without a wrapper around them."""
        return self.answered.members if self.answered else {}

    @property
    def leads_to(self) -> frozenset[str]:
        """The ids of the operations that the links of its answers name."""
        links = [link for response in self.responses.values() for link in response.links]
        return frozenset(link.operation_id for link in links)

    @property
    def creation(self) -> Creation | None:
        """How it makes something; None where it does not."""
        return self.facts.creation.value if self.facts.creation else None

    @property
    def creates(self) -> bool:
        """Whether it makes something: it documents 201, or another success that shows something new."""
        return self.creation is not None

    @property
    def adds(self) -> bool:
        """Whether it is a POST that makes something, each time another thing."""
        return self.method == "POST" and self.creates

    @cached_property
    def names_what_it_makes(self) -> bool:
        """Whether it is a PUT that makes an item whose name the client chooses."""
        return self.method == "PUT" and self.creates and ITEM.fullmatch(self.path) is not None and is_chosen(self)

    @property
    def own_name(self) -> str:
        """The path parameter that names the very thing that a PUT or PATCH changes; empty where there is none."""
        is_change = self.method in ("PUT", "PATCH") and self.path.endswith("}")
        return parameters_in(self.path)[-1] if is_change else ""

    @property
    def created(self) -> Schema | None:
        """What that something looks like in the answer; None where it makes nothing, or the document does not say."""
        return self.creation.schema if self.creation else None

    @property
    def links_to_created(self) -> tuple[Link, ...]:
        """The links of the answer by which it says that it has made something."""
        return self.creation.response.links if self.creation else ()

    @cached_property
    def shown(self) -> Schema | None:
        """What it shows, alone or as an item of a list; None where it reads nothing, or the document does not say."""
        schema = self.response(200).schema if self.method == "GET" else None
        if self.pagination is None:
            return inside(schema, wrapper_of(schema))
        for name in self.pagination.items.split("/")[1:]:
            schema = schema.members.get(name) if schema else None
        return schema.items if schema else None

    @cached_property
    def text_filters(self) -> Mapping[str, tuple[str, ...]]:
        """The parameters of a list that look into free text, each with the pointers into an item where that stands."""
        found = {}
        for name, declaration in self.pagination.filters.items() if self.pagination else ():
            parameter = self.parameter(name)
            free = parameter is not None and parameter.schema.is_free_text
            if free and declaration.comparison in ("equal", "contains"):
                found[name] = declaration.places
        return found

    def key(self, item: Any) -> Any:
        """Return what tells an item of a list from others: its `id` where nothing says otherwise."""
        return look_up(item, self.facts.key.value if self.facts.key else "/id")


def unknown_id(schema: Schema) -> Any:
    """Return an id that nothing has, in the form that a schema asks for."""
    return next((each for each in STRANGE if schema.allows(each)), NOBODY)
