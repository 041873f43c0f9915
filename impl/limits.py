"""Limits: Flask-Limiter's storage and strategy, called with the policies of the document."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TypeVar

from flask import Flask
from flask_limiter import Limiter
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from . import current
from .limit_storage import ExactMemoryStorage
from .policy import Policy
from .problems import RateLimited
from .settings import Settings

# Seconds for which a storage that failed is left alone.
REST = 5
T = TypeVar("T")
log = logging.getLogger(__name__)


class Limits:
    """The limits of one application."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "exact-memory://"
        if settings.redis_url:
            app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
        app.config["RATELIMIT_STRATEGY"] = "fixed-window"
        self._limiter = Limiter(key_func=lambda: "unused", app=app)
        # Its own hook before each request has nothing to do: the edge asks its storage and strategy.
        self._limiter.enabled = False
        self.is_remote = bool(settings.redis_url)
        self._spare = FixedWindowRateLimiter(ExactMemoryStorage())
        self._rests_until = 0.0

    def spend(self, policies: Iterable[Policy], request: current.CurrentRequest, tier: str | None = None) -> None:
        """
        Count a request under each policy that needs no content, and note what they still admit.

        Raises RateLimited; what refuses is not spent by that.
        """
        buckets = [Bucket(policy, _key(policy, request), tier) for policy in policies if policy.by != "body"]
        refusing = [bucket for bucket in buckets if not self._hit(bucket)]
        left = self._announce(buckets, request)
        if refusing:
            raise self._refusal(refusing, left)

    def reserve(self, bucket: "Bucket", request: current.CurrentRequest) -> None:
        """
        Take one attempt before it is known whether it fails.

        Raises RateLimited.
        """
        admitted = self._hit(bucket)
        left = self._announce([bucket], request)
        if not admitted:
            raise self._refusal([bucket], left)

    def give_back(self, bucket: "Bucket", request: current.CurrentRequest) -> None:
        """Return an attempt that did not fail."""
        self._undo(bucket)
        self._announce([bucket], request)

    def is_reachable(self) -> bool:
        """Tell whether the storage answers."""
        return bool(self._limiter.storage.check())

    def _hit(self, bucket: "Bucket") -> bool:
        admitted = self._with_storage(lambda strategy: strategy.hit(bucket.item, *bucket.names))
        if not admitted:
            self._undo(bucket)
        return admitted

    def _undo(self, bucket: "Bucket") -> None:
        key, window = bucket.item.key_for(*bucket.names), bucket.policy.window
        # A window that has ended meanwhile has nothing to give back to.
        if self._with_storage(lambda strategy: strategy.storage.get(key)) > 0:
            self._with_storage(lambda strategy: strategy.storage.incr(key, window, -1))

    def _window(self, bucket: "Bucket") -> tuple[float, int]:
        return self._with_storage(lambda strategy: strategy.get_window_stats(bucket.item, *bucket.names))

    def _with_storage(self, call: Callable[[RateLimiter], T]) -> T:
        """Call the storage, or for some seconds after it failed the counters of this process: limits never end."""
        if time.monotonic() < self._rests_until:
            return call(self._spare)
        try:
            return call(self._limiter.limiter)
        except Exception as error:
            if not self.is_remote:
                raise
            log.warning("the limiter's storage cannot be reached: %s", type(error).__name__)
            self._rests_until = time.monotonic() + REST
            return call(self._spare)

    def _announce(self, buckets: list["Bucket"], request: current.CurrentRequest) -> dict[str, int]:
        """Note what each policy still admits; return by its name the seconds until its window ends."""
        left = {}
        for bucket in buckets:
            ends, remaining = self._window(bucket)
            name, quota, window = (bucket.policy.name, bucket.policy.quota(bucket.tier), bucket.policy.window)
            left[name] = min(max(1, ceil(ends - time.time())), window)
            _add(request, "RateLimit-Policy", name, f'"{name}";q={quota};w={window}')
            _add(request, "RateLimit", name, f'"{name}";r={remaining};t={left[name]}')
        return left

    def _refusal(self, buckets: list["Bucket"], left: Mapping[str, int]) -> RateLimited:
        # Read once: a moment later a second may have passed, and Retry-After would lie before what RateLimit says.
        wait = max(left[bucket.policy.name] for bucket in buckets)
        names = " and ".join(bucket.policy.name for bucket in buckets)
        return RateLimited(f"The limit {names} is reached: wait {wait} seconds.", retry_after=wait)


@dataclass(frozen=True)
class Bucket:
    """One counter: a policy, who is counted, and the tier that sets the quota."""

    policy: Policy
    who: str
    tier: str | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What tells this counter from every other."""
        return (self.policy.name, self.who)

    @property
    def item(self) -> RateLimitItem:
        """The limit as the library knows it."""
        return WindowItem(self.policy.quota(self.tier), self.policy.window, namespace="bookplate")


class WindowItem(RateLimitItemPerSecond):
    """A quota per window of seconds, whose amount is no part of the key: a change of tier keeps what was used."""

    def key_for(self, *identifiers: bytes | str | float) -> str:
        """Name the counter."""
        return "/".join((self.namespace, *map(str, identifiers)))


class Attempts:
    """The policies of one request that its content keys, and that count failures only."""

    def __init__(self, limits: Limits, policies: Iterable[Policy], request: current.CurrentRequest) -> None:
        self._limits = limits
        self._policies = [policy for policy in policies if policy.by == "body"]
        self._request = request

    def reserve(self, value: str) -> None:
        """
        Take one attempt for a value.

        Raises RateLimited.
        """
        for bucket in self._buckets(value):
            self._limits.reserve(bucket, self._request)

    def give_back(self, value: str) -> None:
        """Return the attempt, since it did not fail."""
        for bucket in self._buckets(value):
            self._limits.give_back(bucket, self._request)

    def _buckets(self, value: str) -> list[Bucket]:
        # Values from outside never stand in a key as they are.
        who = blake2b(value.encode(), digest_size=16).hexdigest()
        return [Bucket(policy, who) for policy in self._policies]


def _add(request: current.CurrentRequest, field: str, name: str, member: str) -> None:
    others = [each for each in request.headers.get(field, "").split(", ") if each and not each.startswith(f'"{name}"')]
    request.headers[field] = ", ".join([*others, member])


def _key(policy: Policy, request: current.CurrentRequest) -> str:
    if policy.by == "principal" and request.claims:
        return f"user:{request.claims.user_id}"
    return f"address:{_network(request.address)}"


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
