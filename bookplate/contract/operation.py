"""One operation of the document, and the predicates by which rules find theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .pointer import look_up

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
JSON_LIKE = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True)
class Policy:
    """A rate limit as the document announces it; `limit` is per window of `window` seconds."""

    name: str
    limit: int | Mapping[str, int]
    window: int
    by: str
    pointer: str | None = None
    counts: str | None = None

    @property
    def quota(self) -> int:
        """The limit of a newcomer: the lowest tier, where there are tiers."""
        return self.limit if isinstance(self.limit, int) else min(self.limit.values())


@dataclass(frozen=True, eq=False)
class Operation:
    """
    One method of one path, with every reference on its first level resolved.

    `policies` are those that it names, else the default ones, which `default` has; that is None where the document sets
    no default. `unique` gives the members of its content that no two items may share, with what is said of them; `bearer`
    says whether credentials are bearer tokens; `nowhere` has arguments for its path that lead to nothing. `origins` are
    the groups of origins that may call it from a browser, None where the document says nothing, and `other_origins` all
    other groups.
    """

    id: str
    method: str
    path: str
    raw: Mapping[str, Any] = field(repr=False)
    pointer: str = field(repr=False)
    parameters: tuple[Mapping[str, Any], ...] = field(repr=False)
    responses: Mapping[str, Mapping[str, Any]] = field(repr=False)
    request_body: Mapping[str, Any] = field(repr=False)
    secured: bool = field(repr=False)
    policies: tuple[Policy, ...] = field(repr=False)
    default: tuple[Policy, ...] | None = field(default=None, repr=False)
    bearer: bool = field(default=True, repr=False)
    unique: Mapping[str, Any] = field(default_factory=dict, repr=False)
    nowhere: Mapping[str, Any] = field(default_factory=dict, repr=False)
    origins: tuple[str, ...] | None = field(default=None, repr=False)
    other_origins: tuple[str, ...] = field(default=(), repr=False)

    @property
    def names_policies(self) -> bool:
        """Whether it says itself what limits it, be it nothing."""
        return "x-rate-limit" in self.raw

    @property
    def tag(self) -> str:
        return str((self.raw.get("tags") or ["default"])[0])

    @property
    def pagination(self) -> Mapping[str, Any] | None:
        return self.raw.get("x-pagination")

    @property
    def cache(self) -> Mapping[str, Any] | None:
        return self.raw.get("x-cache")

    @property
    def access(self) -> Mapping[str, Any] | None:
        return self.raw.get("x-access")

    @property
    def auth_role(self) -> Mapping[str, Any] | None:
        return self.raw.get("x-auth-role")

    @property
    def path_parameters(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(parameter for parameter in self.parameters if parameter["in"] == "path")

    @property
    def body_media(self) -> str | None:
        """The media type of the request body, JSON before others; None where there is no body."""
        offered = list(self.request_body.get("content", {}))
        return next((media for media in offered if media in JSON_LIKE), offered[0] if offered else None)

    def body_schema(self, media: str | None = None) -> Mapping[str, Any] | None:
        """Return the schema of the request body, still with its references."""
        content: Mapping[str, Any] = self.request_body.get("content", {}).get(media or self.body_media, {})
        return content.get("schema")

    def body_example(self) -> Any:
        content = self.request_body.get("content", {}).get(self.body_media, {})
        first: Mapping[str, Any] = next(iter(content.get("examples", {}).values()), {})
        return content.get("example", first.get("value"))

    def success(self) -> str:
        """Return the lowest documented 2xx status, as text."""
        return min((status for status in self.responses if status.startswith("2")), default="200")

    def response_schema(self, status: str) -> Mapping[str, Any] | None:
        content = self.responses.get(status, {}).get("content", {})
        return next((media.get("schema") for media in content.values()), None)

    def key(self, item: Any) -> Any:
        """Return what tells the items of a list apart: the last pointer of its `order`."""
        return look_up(item, (self.pagination or {}).get("order", ["/id"])[-1].removeprefix("-"))

    def has_parameter(self, name: str, where: str) -> bool:
        return any(p["in"] == where and p["name"].lower() == name.lower() for p in self.parameters)
