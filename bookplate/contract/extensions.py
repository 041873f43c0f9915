"""What OpenAPI has no words for: the extension keys, each read in one place (their form is x-keys.schema.json)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .lines import DocumentError
from .source import Source

CACHE, ACCESS, AUTH_ROLE = "x-cache", "x-access", "x-auth-role"
RATE_LIMIT, SIZE_LIMITS, ORIGINS = "x-rate-limit", "x-size-limits", "x-cors"
CHECK_ORDER = "x-check-order"
CLEARS, COUNTS = "x-clears", "x-counts"
CLEARED = ("cache",)
BYPASS_FOR = ("user",)
CHECKS = (
    "size",
    "token",
    "role",
    "media-type",
    "syntax",
    "content",
    "object",
    "owner",
    "precondition",
    "precondition-syntax",
)
MISTAKES = "x-mistakes"
OF_REQUESTS = (
    "unknown-parameter",
    "repeated-parameter",
    "path-form",
    "path-range",
    "repeated-member",
    "nul",
    "lone-surrogate",
    "malformed-tag",
)
ROLES = ("register", "log-in", "refresh", "log-out", "account")
ENDS = ("session", "account", "others")
COUNTED_BY = ("principal", "address", "body")
RoleMember = Literal["identifier", "secret", "proof", "access", "refresh", "expires_in", "refresh_expires_in"]


@dataclass(frozen=True)
class CacheTerms:
    """
    How long a server may keep an answer (`x-cache`).

    `store` is in seconds. `max_staleness` is how many seconds an answer may be behind what was written; None where it may
    not. `bypass` is the directive or parameter that goes around the store, and `bypass_for` is user where it does so for
    callers who are signed in alone, and is as nothing for all others; None where that is not said.
    """

    store: int
    max_staleness: int | None = None
    bypass: str | None = None
    bypass_for: str | None = None


@dataclass(frozen=True)
class Counter:
    """
    A number in an answer that counts something (one of `x-counts`).

    `at` is the pointer to it: into the answer, or into each object of the list at `items`, which is None where there is
    none. It counts the 2xx of GET that the operation `uses_of` has answered, or the items of the list `items_of`; the other
    one is None. Where `thing` is not None, each object of the list shows there what was used, and its number is of that
    alone. `order` has the pointers that decide how the list is ordered, and `most` how many objects it shows of all.
    """

    at: str
    items: str | None = None
    thing: str | None = None
    uses_of: str | None = None
    items_of: str | None = None
    order: tuple[str, ...] = ()
    most: int | None = None


@dataclass(frozen=True)
class AuthRole:
    """
    What an operation does for signing in (`x-auth-role`).

    `role` is register, log-in, refresh, log-out or account. All others are JSON pointers: into the request `identifier`,
    `secret` and `proof` (the old secret), into the answer `access`, `expires_in`, `refresh_expires_in`, and `refresh` into
    both; each is None where there is no such member. `reuse_grace` is in seconds. `prefix` is the word before the token in later requests, where it
    is not the name of the scheme. `ends` says which sessions of the account end with it: session (its own), account (all)
    or others (all but its own); None where that is not said. `begins` is what a new account has, by pointers into the answer.
    """

    role: str
    identifier: str | None = None
    secret: str | None = None
    proof: str | None = None
    access: str | None = None
    refresh: str | None = None
    expires_in: str | None = None
    reuse_grace: int | None = None
    prefix: str = ""
    ends: str | None = None
    refresh_expires_in: str | None = None
    begins: Mapping[str, Any] = field(default_factory=dict)

    @property
    def points_into_requests(self) -> bool:
        """Whether it says where something stands in the content of a request."""
        return any(each is not None for each in (self.identifier, self.secret, self.proof, self.refresh))

    def pointer(self, member: RoleMember) -> str | None:
        """Return where a member stands; None where the document does not say."""
        found: str | None = getattr(self, member)
        return found


@dataclass(frozen=True)
class Policy:
    """
    A rate limit as the document announces it; `limit` is per window of `window` seconds.

    `by` is principal, address or body, `pointer` where the key stands in the body, `counts` is failures where nothing
    else counts, `tier` the schema that names the tiers. `is_fixed` says that a window begins with the first request that
    is counted, and ends when its seconds are over, whatever is sent meanwhile.
    """

    name: str
    limit: int | Mapping[str, int]
    window: int
    by: str
    pointer: str | None = None
    counts: str | None = None
    tier: str | None = None
    is_fixed: bool = field(default=False, compare=False)

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


def read_cache(source: Source, operation: Mapping[str, Any], pointer: str) -> CacheTerms:
    """Return the `x-cache` of an operation, which has to be there."""
    extension = Extension(source, operation, CACHE, pointer, "store: SECONDS")
    store = extension.number("store")
    if store is None:
        raise extension.mistake("has no store")
    bypass_for = extension.one_of("bypass-for", BYPASS_FOR) if "bypass-for" in extension.value else None
    return CacheTerms(store, extension.number("max-staleness"), extension.text("bypass"), bypass_for)


def read_cleared(source: Source, operation: Mapping[str, Any], pointer: str) -> str:
    """Return the `x-clears` of an operation, which has to be there."""
    written = operation[CLEARS]
    if written not in CLEARED:
        place = source.where(f"{pointer}/{CLEARS}")
        raise DocumentError(f"{place}: its {CLEARS} is none of {', '.join(CLEARED)}: write one of them")
    return str(written)


def read_counters(source: Source, operation: Mapping[str, Any], pointer: str) -> tuple[Counter, ...]:
    """Return the `x-counts` of an operation, which has to be there."""
    written = operation[COUNTS]
    if not isinstance(written, list):
        place = source.where(f"{pointer}/{COUNTS}")
        raise DocumentError(f"{place}: its {COUNTS} is no list: write [{{at, uses-of}}] or [{{at, items-of}}]")
    counters = {str(number): node for number, node in enumerate(written)}
    return tuple(read_counter(source, counters, f"{pointer}/{COUNTS}", number) for number in counters)


def read_counter(source: Source, counters: Mapping[str, Any], pointer: str, number: str) -> Counter:
    extension = Extension(source, counters, number, pointer, "at, and uses-of or items-of", f"its {COUNTS}")
    uses_of, items_of = extension.text("uses-of"), extension.text("items-of")
    if (uses_of is None) == (items_of is None):
        raise extension.mistake("counts nothing, or two things")
    return Counter(
        at=extension.needed("at"),
        items=extension.text("items"),
        thing=extension.text("thing"),
        uses_of=uses_of,
        items_of=items_of,
        order=extension.texts("order", extension.value["order"]) if "order" in extension.value else (),
        most=extension.number("most"),
    )


def read_auth_role(source: Source, operation: Mapping[str, Any], pointer: str) -> AuthRole:
    """Return the `x-auth-role` of an operation, which has to be there."""
    extension = Extension(source, operation, AUTH_ROLE, pointer, f"role: {'|'.join(ROLES)}")
    return AuthRole(
        role=extension.one_of("role", ROLES),
        identifier=extension.text("identifier"),
        secret=extension.text("secret"),
        proof=extension.text("proof"),
        access=extension.text("access"),
        refresh=extension.text("refresh"),
        expires_in=extension.text("expires-in"),
        refresh_expires_in=extension.text("refresh-expires-in"),
        begins=extension.objects("begins", extension.value.get("begins", {})),
        reuse_grace=extension.number("reuse-grace"),
        prefix=extension.text("prefix") or "",
        ends=extension.one_of("ends", ENDS) if "ends" in extension.value else None,
    )


class RateLimits:
    """The `x-rate-limit` of the root or of another holder (empty where it has none), which operations name policies of."""

    def __init__(self, source: Source, holder: Mapping[str, Any] | None = None) -> None:
        self._source = source
        holder = source.raw if holder is None else holder
        self._told = Extension(
            source, {RATE_LIMIT: {}, **holder}, RATE_LIMIT, "", "policies: {NAME: {limit, window, by}}"
        )
        policies = self._told.objects("policies", self._told.value.get("policies", {}))
        self.policies = {name: self._policy(name, policies) for name in policies}

    def _policy(self, name: str, policies: Mapping[str, Any]) -> Policy:
        extension = Extension(
            self._source, policies, name, f"/{RATE_LIMIT}/policies", "limit, window and by", f"policy '{name}'"
        )
        limit, window = extension.value.get("limit"), extension.number("window")
        tiers = limit.values() if isinstance(limit, dict) and limit else [limit]
        if window is None or not all(isinstance(each, int) and not isinstance(each, bool) for each in tiers):
            raise extension.mistake("has no window or no limit that is a number, or one for each tier")
        return Policy(
            name=name,
            limit=limit,
            window=window,
            by=extension.one_of("by", COUNTED_BY),
            pointer=extension.text("pointer"),
            counts=extension.text("counts"),
            tier=extension.text("tier"),
            is_fixed=self._is_said("windows", "fixed"),
        )

    def _is_said(self, member: str, value: str) -> bool:
        """Tell whether a member has its only value; DocumentError where it has another one."""
        return member in self._told.value and self._told.one_of(member, (value,)) == value

    @property
    def announces_all(self) -> bool:
        """Whether an answer that announces limits names every policy that counts its request."""
        return self._is_said("announces", "all")

    @property
    def counts_refused(self) -> bool:
        """Whether a request that one policy refuses is counted by the others."""
        return self._is_said("refused", "counted")

    def says(self, member: str) -> bool:
        """Tell whether it has a list of policies of its own for this, such as default or unrouted."""
        return member in self._told.value

    def listed(self, member: str) -> tuple[Policy, ...] | None:
        """Return the policies of a list such as default or unrouted; None where it is not there."""
        if not self.says(member):
            return None
        return self.named(self._told.value[member], f"/{RATE_LIMIT}/{member}")

    def named(self, names: Any, pointer: str) -> tuple[Policy, ...]:
        """Return the policies of these names, which stand at a pointer."""
        where = self._source.where(pointer)
        if not isinstance(names, list):
            raise DocumentError(f"{where}: this is no list of policies: write [name, name], or [] for no limit")
        for name in names:
            if not isinstance(name, str) or name not in self.policies:
                raise DocumentError(f"{where}: policy '{name}' is not defined: add it to the root's x-rate-limit")
        return tuple(self.policies[name] for name in names)


def read_size_limits(source: Source) -> Mapping[str, int]:
    """Return the `x-size-limits` of the root: bytes of `content`, `target` and `headers`, of each that it names."""
    extension = Extension(
        source, {SIZE_LIMITS: {}, **source.raw}, SIZE_LIMITS, "", "BYTES for content, target and headers"
    )
    limits = {name: extension.number(name) for name in extension.value}
    return {name: limit for name, limit in limits.items() if limit is not None}


def read_check_order(source: Source) -> tuple[str, ...]:
    """Return the `x-check-order` of the root: the checks of a request, the first one first; none where it has no such key."""
    written = source.raw.get(CHECK_ORDER, [])
    if not isinstance(written, list) or not all(each in CHECKS for each in written):
        place = source.where(f"/{CHECK_ORDER}")
        raise DocumentError(f"{place}: its {CHECK_ORDER} is no list of known checks: write some of {', '.join(CHECKS)}")
    return tuple(written)


def read_mistakes(source: Source) -> Mapping[str, int]:
    """Return the `x-mistakes` of the root: the status of each mistake that it names; none where it has no such key."""
    extension = Extension(source, {MISTAKES: {}, **source.raw}, MISTAKES, "", f"STATUS for {', '.join(OF_REQUESTS)}")
    statuses = {name: extension.number(name) for name in extension.value}
    for name in statuses:
        if name not in OF_REQUESTS:
            raise extension.mistake(f"has '{name}', which is no known mistake", name)
    return {name: status for name, status in statuses.items() if status is not None}


def read_origins(source: Source, operation: Mapping[str, Any], pointer: str) -> tuple[str, ...] | None:
    """Return the groups of origins that the nearest of operation, tag and root names (`x-cors`); None where none does."""
    tags = [
        tag
        for name in source.listed(operation.get("tags"))
        for tag in source.listed(source.raw.get("tags"))
        if isinstance(tag, dict) and tag.get("name") == name
    ]
    declared = next((place[ORIGINS] for place in (operation, *tags, source.raw) if ORIGINS in place), None)
    if declared is None:
        return None
    groups = declared.get("origins") if isinstance(declared, dict) else None
    if not (isinstance(groups, list) and all(isinstance(group, str) for group in groups)):
        where = source.where_is(declared) if isinstance(declared, dict | list) else source.where(f"{pointer}/{ORIGINS}")
        raise DocumentError(f"{where}: its x-cors names no groups: write x-cors: {{origins: [apps]}}")
    return tuple(groups)
