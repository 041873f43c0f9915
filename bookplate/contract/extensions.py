"""What OpenAPI has no words for: the extension keys, each read in one place (their form is x-keys.schema.json)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .lines import DocumentError
from .pointer import look_up
from .source import Source

PAGINATION, CACHE, ACCESS, AUTH_ROLE = "x-pagination", "x-cache", "x-access", "x-auth-role"
RATE_LIMIT, ORIGINS = "x-rate-limit", "x-cors"
STYLES = ("page", "offset", "cursor")
ROLES = ("register", "log-in", "refresh", "log-out", "account")
COMPARISONS = ("equal", "at-least", "at-most", "contains")
COUNTED_BY = ("principal", "address", "body")
RoleMember = Literal["identifier", "secret", "proof", "access", "refresh", "expires_in"]


@dataclass(frozen=True)
class Filter:
    """A query parameter that leaves items out: what stands at one of the `places` (pointers) is compared with it."""

    places: tuple[str, ...]
    comparison: str

    @property
    def place(self) -> str:
        """The pointer where a filter compares that has one place alone."""
        return self.places[0]


@dataclass(frozen=True)
class Sort:
    """A query parameter that orders a list: for each of its values the pointers that decide, `-` for descending."""

    parameter: str
    keys: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Pagination:
    """
    How the pages of a list hang together (`x-pagination`).

    `style` is page, offset or cursor. `place` and `size` are names of query parameters: where a page begins, by its number,
    by the items before it or by a cursor, and how many items it has at most. `items`, `total`, `next` and `more` are JSON
    pointers into an answer; the last three are None where it has no such member. `order` has the pointers into an item
    that decide, `-` for descending.
    """

    style: str
    place: str
    size: str
    items: str
    order: tuple[str, ...] = ("/id",)
    total: str | None = None
    next: str | None = None
    more: str | None = None
    sort: Sort | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)

    def key(self, item: Any) -> Any:
        """Return what tells the items of a list apart: the last pointer of its order."""
        return look_up(item, self.order[-1].removeprefix("-"))

    @property
    def pointers(self) -> frozenset[str]:
        """Every pointer that it names, into an answer and into an item."""
        sorted_by = [pointer for order in self.sort.keys.values() for pointer in order] if self.sort else []
        filtered_by = [place for each in self.filters.values() for place in each.places]
        named = (self.items, self.total, self.next, self.more, *self.order, *sorted_by, *filtered_by)
        return frozenset(pointer.removeprefix("-") for pointer in named if pointer is not None)


@dataclass(frozen=True)
class CacheTerms:
    """
    How long a server may keep an answer (`x-cache`).

    `store` is in seconds. So many seconds may an answer be behind what was written (`lag`); None where it may not.
    `bypass` is the directive or parameter that goes around the store.
    """

    store: int
    lag: int | None = None
    bypass: str | None = None


@dataclass(frozen=True)
class Access:
    """
    Which callers an operation admits (`x-access`).

    `allow` has user, owner, self and admin. `owner` is where an item names its owner, `via` the operation that shows
    it, `own_account` the path parameter that names the caller (`self`). `otherwise` is the status of a refusal.
    """

    allow: tuple[str, ...]
    owner: str | None = None
    via: str | None = None
    own_account: str | None = None
    otherwise: int | None = None

    @property
    def refusal(self) -> int:
        """The status of a refusal; 403 where the document does not say."""
        return self.otherwise or 403


@dataclass(frozen=True)
class AuthRole:
    """
    What an operation does for signing in (`x-auth-role`).

    `role` is register, log-in, refresh, log-out or account. All others are JSON pointers: into the request `identifier`,
    `secret` and `proof` (the old secret), into the answer `access`, `expires_in`, and `refresh` into both; each is None where
    there is no such member. `reuse_grace` is in seconds.
    """

    role: str
    identifier: str | None = None
    secret: str | None = None
    proof: str | None = None
    access: str | None = None
    refresh: str | None = None
    expires_in: str | None = None
    reuse_grace: int | None = None

    def pointer(self, member: RoleMember) -> str | None:
        """Return where a member stands; None where the document does not say."""
        found: str | None = getattr(self, member)
        return found


@dataclass(frozen=True)
class Policy:
    """
    A rate limit as the document announces it; `limit` is per window of `window` seconds.

    `by` is principal, address or body, `pointer` where the key stands in the body, `counts` is failures where nothing
    else counts, `tier` the schema that names the tiers.
    """

    name: str
    limit: int | Mapping[str, int]
    window: int
    by: str
    pointer: str | None = None
    counts: str | None = None
    tier: str | None = None

    @property
    def quota(self) -> int:
        """The limit of a newcomer: the lowest tier, where there are tiers."""
        return self.limit if isinstance(self.limit, int) else min(self.limit.values())


class Extension:
    """The value of an extension key; a member of another form raises DocumentError with its line and a `remedy`."""

    def __init__(
        self, source: Source, holder: Mapping[str, Any], key: str, pointer: str, remedy: str, name: str = ""
    ) -> None:
        self.source = source
        self.name = name or f"its {key}"
        self.pointer = f"{pointer}/{key}"
        self.remedy = remedy
        self.value = holder[key]
        if not isinstance(self.value, dict):
            raise self.mistake("is no object")

    def mistake(self, what: str, member: str = "") -> DocumentError:
        """Return the error for a member, or for the whole."""
        place = f"{self.pointer}/{member}" if member else self.pointer
        return DocumentError(f"{self.source.where(place)}: {self.name} {what}: write {self.remedy}")

    def text(self, member: str) -> str | None:
        """Return a member that is text; None where it is missing."""
        value = self.value.get(member)
        if value is not None and not isinstance(value, str):
            raise self.mistake(f"has {member}, which is no text", member)
        return value

    def needed(self, member: str) -> str:
        """Return a member that is text and has to be there."""
        value = self.text(member)
        if value is None:
            raise self.mistake(f"has no {member}")
        return value

    def one_of(self, member: str, allowed: tuple[str, ...]) -> str:
        """Return a member that is one of these words, and has to be there."""
        value = self.needed(member)
        if value not in allowed:
            raise self.mistake(f"has {member} '{value}', which is none of {', '.join(allowed)}", member)
        return value

    def number(self, member: str) -> int | None:
        """Return a member that is an integer; None where it is missing."""
        value = self.value.get(member)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.mistake(f"has {member}, which is no integer", member)
        return value

    def texts(self, member: str, value: Any) -> tuple[str, ...]:
        """Return a list of texts that stands at a member or below it."""
        if not (isinstance(value, list) and value and all(isinstance(each, str) for each in value)):
            raise self.mistake(f"has {member}, which is no list of texts", member)
        return tuple(value)

    def objects(self, member: str, value: Any) -> dict[str, Any]:
        """Return an object that stands at a member or below it."""
        if not isinstance(value, dict):
            raise self.mistake(f"has {member}, which is no object", member)
        return value


def read_pagination(source: Source, operation: Mapping[str, Any], pointer: str) -> Pagination:
    """Return the `x-pagination` of an operation, which has to be there."""
    remedy = "style, size, items, order, and the parameter that the style is named after"
    told = Extension(source, operation, PAGINATION, pointer, remedy)
    style = told.one_of("style", STYLES)
    return Pagination(
        style=style,
        place=told.needed(style),
        size=told.needed("size"),
        items=told.needed("items"),
        order=told.texts("order", told.value["order"]) if "order" in told.value else ("/id",),
        total=told.text("total"),
        next=told.needed("next") if style == "cursor" else told.text("next"),
        more=told.text("more"),
        sort=read_sort(told) if "sort" in told.value else None,
        filters=read_filters(told),
    )


def read_sort(told: Extension) -> Sort:
    sort = told.objects("sort", told.value["sort"])
    keys = told.objects("sort", sort.get("keys"))
    if not isinstance(sort.get("parameter"), str):
        raise told.mistake("has a sort without a parameter", "sort")
    return Sort(sort["parameter"], {name: told.texts("sort", order) for name, order in keys.items()})


def read_filters(told: Extension) -> dict[str, Filter]:
    filters = {}
    for name, node in told.objects("filters", told.value.get("filters", {})).items():
        each = told.objects("filters", node)
        if each.get("is") not in COMPARISONS:
            raise told.mistake(f"has the filter {name}, whose `is` is none of {', '.join(COMPARISONS)}", "filters")
        at = each.get("at")
        filters[name] = Filter(told.texts("filters", [at] if isinstance(at, str) else at), each["is"])
    return filters


def read_cache(source: Source, operation: Mapping[str, Any], pointer: str) -> CacheTerms:
    """Return the `x-cache` of an operation, which has to be there."""
    told = Extension(source, operation, CACHE, pointer, "store: SECONDS")
    store = told.number("store")
    if store is None:
        raise told.mistake("has no store")
    return CacheTerms(store, told.number("lag"), told.text("bypass"))


def read_access(source: Source, operation: Mapping[str, Any], pointer: str) -> Access:
    """Return the `x-access` of an operation, which has to be there."""
    told = Extension(source, operation, ACCESS, pointer, "allow: [user]")
    allow = told.texts("allow", told.value.get("allow"))
    return Access(allow, told.text("owner"), told.text("via"), told.text("self"), told.number("otherwise"))


def read_auth_role(source: Source, operation: Mapping[str, Any], pointer: str) -> AuthRole:
    """Return the `x-auth-role` of an operation, which has to be there."""
    told = Extension(source, operation, AUTH_ROLE, pointer, f"role: {'|'.join(ROLES)}")
    return AuthRole(
        role=told.one_of("role", ROLES),
        identifier=told.text("identifier"),
        secret=told.text("secret"),
        proof=told.text("proof"),
        access=told.text("access"),
        refresh=told.text("refresh"),
        expires_in=told.text("expires-in"),
        reuse_grace=told.number("reuse-grace"),
    )


class RateLimits:
    """The `x-rate-limit` of the root (empty where there is none), which operations name policies of."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._told = Extension(
            source, {RATE_LIMIT: {}, **source.raw}, RATE_LIMIT, "", "policies: {NAME: {limit, window, by}}"
        )
        policies = self._told.objects("policies", self._told.value.get("policies", {}))
        self.policies = {name: self._policy(name, policies) for name in policies}
        self.sizes: Mapping[str, int] = self._sizes()

    def _policy(self, name: str, policies: Mapping[str, Any]) -> Policy:
        told = Extension(
            self._source, policies, name, f"/{RATE_LIMIT}/policies", "limit, window and by", f"policy '{name}'"
        )
        limit, window = told.value.get("limit"), told.number("window")
        tiers = limit.values() if isinstance(limit, dict) and limit else [limit]
        if window is None or not all(isinstance(each, int) for each in tiers):
            raise told.mistake("has no window or no limit that is a number, or one for each tier")
        return Policy(
            name=name,
            limit=limit,
            window=window,
            by=told.one_of("by", COUNTED_BY),
            pointer=told.text("pointer"),
            counts=told.text("counts"),
            tier=told.text("tier"),
        )

    def _sizes(self) -> dict[str, int]:
        """Return how many bytes the service reads at most of `content`, `target` and `headers`, where it says so."""
        sizes = self._told.objects("sizes", self._told.value.get("sizes", {}))
        if not all(isinstance(size, int) for size in sizes.values()):
            raise self._told.mistake("has sizes that are no integers", "sizes")
        return sizes

    def says(self, member: str) -> bool:
        """Tell whether it has a list of policies of its own for this, such as default or unrouted."""
        return member in self._told.value

    def listed(self, member: str) -> tuple[Policy, ...]:
        """Return the policies of a list that is there."""
        return self.named(self._told.value[member], f"/{RATE_LIMIT}/{member}")

    def named(self, names: Any, pointer: str) -> tuple[Policy, ...]:
        """Return the policies of these names, which stand at a pointer."""
        where = self._source.where(pointer)
        if not isinstance(names, list):
            raise DocumentError(f"{where}: this is no list of policies: write [name, name], or [] for no limit")
        for name in names:
            if name not in self.policies:
                raise DocumentError(f"{where}: policy '{name}' is not defined: add it to the root's x-rate-limit")
        return tuple(self.policies[name] for name in names)


def read_origins(source: Source, operation: Mapping[str, Any], pointer: str) -> tuple[str, ...] | None:
    """Return the groups of origins that the nearest of operation, tag and root names (`x-cors`); None where none does."""
    tags = [
        tag
        for name in operation.get("tags", [])
        for tag in source.raw.get("tags", [])
        if isinstance(tag, dict) and tag.get("name") == name
    ]
    declared = next((place[ORIGINS] for place in (operation, *tags, source.raw) if ORIGINS in place), None)
    if declared is None:
        return None
    if not (isinstance(declared, dict) and isinstance(declared.get("origins"), list)):
        raise DocumentError(f"{source.where(pointer)}: its x-cors names no groups: write x-cors: {{origins: [apps]}}")
    return tuple(declared["origins"])
