"""Limits: Flask-Limiter's storage, called with the policies of the document."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, NamedTuple, TypeVar, cast

from flask import Flask
from flask_limiter import Limiter

from ..contract.contract import Policy
from ..problems import RateLimited
from ..process.tally import Tally
from ..settings import Settings
from .limit_storage import Count, ExactMemoryStorage, ExactStorage, Hit
from .outage import Outage

T = TypeVar("T")
log = logging.getLogger(__name__)


class Limits:
    """The limits of one application."""

    def __init__(self, app: Flask, settings: Settings, outage: Outage | None = None) -> None:
        app.config.update(_configuration(settings))
        self._limiter = Limiter(key_func=_asked_by_nobody, app=app)
        # Its own hook runs within Flask, which sees no request that was refused before: the edge asks its storage instead.
        self._limiter.enabled = False
        self.is_remote = bool(settings.redis_url)
        self._storage = cast(ExactStorage, self._limiter.storage)
        self._spare = ExactMemoryStorage()
        self._outage = outage or Outage("Redis")
        # How many requests each policy has refused, by its name.
        self.refusals = Tally()

    def buckets(self, policies: Iterable[Policy], client: "Client", tier: str | None = None) -> list["Bucket"]:
        """Return the counters of a request, one for each policy that needs no content."""
        return [Bucket(policy, client.key(policy), tier) for policy in policies if policy.by != "body"]

    def check(self, buckets: Sequence["Bucket"], fields: "LimitFields") -> None:
        """
        Tell what some counters still admit, and count nothing.

        Raises RateLimited where one of them admits nothing more.
        """
        if not buckets:
            return
        hits = [bucket.hit for bucket in buckets]
        counts = self._attempt(lambda: self._storage.look(hits), lambda: self._spare.look(hits))
        if self.is_remote:
            # What this process counted while the storage was away is counted for the rest of its window.
            counts = list(map(_fuller, counts, self._spare.look(hits)))
        self.settle(_states(buckets, counts), fields)

    def count(self, buckets: Sequence["Bucket"], fields: "LimitFields") -> None:
        """
        Count one request in some counters, and tell what they still admit.

        Raises RateLimited where one of them admitted nothing more; it is not counted there.
        """
        if buckets:
            self.settle(self.hit(buckets), fields)

    def hit(self, buckets: Sequence["Bucket"]) -> list["State"]:
        """Count one request, and change nothing else: a thread may do so after its request has gone on."""
        hits = [bucket.hit for bucket in buckets]
        # A storage that is away is replaced by the counters of this process: limits never end.
        return self._attempt(lambda: _states(buckets, self._storage.hit(hits)), lambda: self.hit_here(buckets))

    def hit_here(self, buckets: Sequence["Bucket"]) -> list["State"]:
        """Count one request in the counters of this process that replace a storage which is away or slow."""
        return _states(buckets, self._spare.hit([bucket.hit for bucket in buckets]))

    def settle(self, states: Sequence["State"], fields: "LimitFields") -> None:
        """
        Tell the client what the counters still admit.

        Raises RateLimited where one of them admitted nothing more.
        """
        _announce(states, fields)
        if refusing := [each for each in states if not each.count.admitted]:
            for each in refusing:
                self.refusals.add(each.bucket.policy.name)
            raise _refusal(refusing)

    def is_counting(self) -> bool:
        """Tell whether the storage counts, for all processes where they share one."""
        return self._attempt(self._storage.check, lambda: False)

    def _attempt(self, call: Callable[[], T], otherwise: Callable[[], T]) -> T:
        return self._outage.attempt(call, otherwise) if self.is_remote else call()


# The fields of an answer that tell its client of the limits, by their names (draft 11).
LimitFields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Who is counted: where a request comes from, and the verified subject of its token, if there is one."""

    address: str
    user_id: int | None = None

    def key(self, policy: Policy) -> str:
        """Name who is counted under a policy: the subject, or what one client holds of the addresses."""
        if policy.by == "principal" and self.user_id is not None:
            return f"user:{self.user_id}"
        return f"address:{_network(self.address)}"


class Bucket(NamedTuple):
    """One counter: a policy, who is counted, and the tier that sets the quota."""

    policy: Policy
    who: str
    tier: str | None = None

    @property
    def quota(self) -> int:
        """How many requests a window admits."""
        return self.policy.quota(self.tier)

    @property
    def key(self) -> str:
        """What tells this counter from every other; the quota is no part, so that a change of tier keeps what was used."""
        return f"bookplate/{self.policy.name}/{self.who}"

    @property
    def hit(self) -> Hit:
        """One request for the storage to count."""
        return Hit(self.key, self.quota, self.policy.window)


@dataclass(frozen=True, slots=True)
class State:
    """A counter, and what came of a hit or a look."""

    bucket: Bucket
    count: Count

    @property
    def left(self) -> int:
        """Whole seconds until the window ends."""
        return min(max(1, ceil(self.count.left)), self.bucket.policy.window)

    @property
    def policy_member(self) -> str:
        """How RateLimit-Policy names the policy and its quota."""
        policy = self.bucket.policy
        return f'"{policy.name}";q={self.bucket.quota};w={policy.window}'

    @property
    def limit_member(self) -> str:
        """How RateLimit tells what is left."""
        remaining = max(0, self.bucket.quota - self.count.spent)
        return f'"{self.bucket.policy.name}";r={remaining};t={self.left}'


class Attempts:
    """
    The policies of one request that its content keys, and that count failures only.

    Whoever judges an attempt checks before the work and after it, and counts what failed. Nothing is counted that did not
    fail, whatever happens at the same time; and while many are judged at once, none of them is answered once the quota
    of failures is reached.
    """

    def __init__(self, limits: Limits, policies: Iterable[Policy], fields: LimitFields) -> None:
        self._limits = limits
        self._policies = [policy for policy in policies if policy.by == "body"]
        self._fields = fields

    def check(self, value: str) -> None:
        """
        Look whether a value has failed too often already.

        Raises RateLimited.
        """
        self._limits.check(self._buckets(value), self._fields)

    def count_failure(self, value: str) -> None:
        """
        Count one failure of a value.

        Raises RateLimited where others have reached the limit meanwhile, and counts nothing then.
        """
        self._limits.count(self._buckets(value), self._fields)

    def _buckets(self, value: str) -> list[Bucket]:
        # Values from outside never stand in a key as they are.
        who = blake2b(value.encode(), digest_size=16).hexdigest()
        return [Bucket(policy, who) for policy in self._policies]


def _asked_by_nobody() -> str:
    raise AssertionError("the library's own limits are off")


def _configuration(settings: Settings) -> dict[str, Any]:
    if not settings.redis_url:
        return {"RATELIMIT_STORAGE_URI": "exact-memory://", "RATELIMIT_STRATEGY": "fixed-window"}
    # Imported by name alone, since it is chosen by its scheme; Redis is no dependency of an embedded server.
    from . import redis_limit_storage  # noqa: F401
    from .redis_options import connection_options

    return {
        "RATELIMIT_STORAGE_URI": f"exact-{settings.redis_url}",
        "RATELIMIT_STORAGE_OPTIONS": connection_options(),
        "RATELIMIT_STRATEGY": "fixed-window",
    }


def _states(buckets: Sequence[Bucket], counts: Sequence[Count]) -> list[State]:
    return [State(bucket, count) for bucket, count in zip(buckets, counts, strict=True)]


def _fuller(one: Count, other: Count) -> Count:
    return other if other.spent > one.spent else one


def _announce(states: Sequence[State], fields: LimitFields) -> None:
    """Say in the answer's fields what policies still admit; what another step has said of the same ones is over."""
    names = [state.bucket.policy.name for state in states]
    _add(fields, "RateLimit-Policy", names, [state.policy_member for state in states])
    _add(fields, "RateLimit", names, [state.limit_member for state in states])


def _refusal(refusing: Sequence[State]) -> RateLimited:
    wait = max(each.left for each in refusing)
    names = " and ".join(each.bucket.policy.name for each in refusing)
    return RateLimited(f"The limit {names} is reached: wait {wait} seconds.", retry_after=wait)


def _add(fields: LimitFields, field: str, names: Sequence[str], members: Sequence[str]) -> None:
    if present := fields.get(field):
        old = tuple(f'"{name}"' for name in names)
        members = [*(each for each in present.split(", ") if not each.startswith(old)), *members]
    fields[field] = ", ".join(members)


@lru_cache(maxsize=10_000)
def _network(address: str) -> str:
    """Return what one client holds: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
