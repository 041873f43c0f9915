"""Limits: Flask-Limiter's storage, called with the policies of the document."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, TypeVar, cast

from flask import Flask
from flask_limiter import Limiter

from . import current
from .limit_storage import Count, ExactMemoryStorage, ExactStorage, Hit
from .outage import Outage
from .policy import Policy
from .problems import Problem, RateLimited
from .settings import Settings

T = TypeVar("T")
log = logging.getLogger(__name__)


class Limits:
    """The limits of one application."""

    def __init__(self, app: Flask, settings: Settings, outage: Outage | None = None) -> None:
        app.config.update(_configuration(settings))
        self._limiter = Limiter(key_func=lambda: caller_key(current.request.get()), app=app)
        # Its own hook runs within Flask, which sees no request that was refused before: the edge asks its storage instead.
        self._limiter.enabled = False
        self.is_remote = bool(settings.redis_url)
        self._storage = cast(ExactStorage, self._limiter.storage)
        self._spare = ExactMemoryStorage()
        self._outage = outage or Outage("Redis")

    def spend(self, policies: Iterable[Policy], request: current.CurrentRequest, tier: str | None = None) -> None:
        """
        Count a request under each policy that needs no content, and note what they still admit.

        Raises RateLimited; what refuses is not spent by that.
        """
        buckets = [Bucket(policy, _key(policy, request), tier) for policy in policies if policy.by != "body"]
        self._take(buckets, request)

    def reserve(self, bucket: "Bucket", request: current.CurrentRequest) -> "Reservation":
        """
        Take one attempt before it is known whether it fails.

        Raises RateLimited.
        """
        return self._take([bucket], request)[0]

    def give_back(self, reservation: "Reservation", request: current.CurrentRequest) -> None:
        """Return an attempt that did not fail; once its window has ended, there is nothing to return it to."""
        bucket, storage = reservation.bucket, reservation.storage

        def give_back() -> Count | None:
            return storage.give_back(bucket.key, reservation.count.ends)

        # To the storage that it was taken from: the other one never counted it.
        count = give_back() if storage is self._spare else self._attempt(give_back, lambda: None)
        if count:
            _announce(Reservation(bucket, count, storage), request)

    def is_counting(self) -> bool:
        """Tell whether the storage counts, for all processes where they share one."""
        return self._attempt(self._storage.check, lambda: False)

    def _take(self, buckets: Sequence["Bucket"], request: current.CurrentRequest) -> list["Reservation"]:
        if not buckets:
            return []
        hits = [bucket.hit for bucket in buckets]

        def hit(storage: ExactStorage) -> list[Reservation]:
            counts = storage.hit(hits)
            return [Reservation(bucket, count, storage) for bucket, count in zip(buckets, counts, strict=True)]

        # A storage that is away is replaced by the counters of this process: limits never end.
        taken = self._attempt(lambda: hit(self._storage), lambda: hit(self._spare))
        for reservation in taken:
            _announce(reservation, request)
        if refusing := [each for each in taken if not each.count.admitted]:
            raise _refusal(refusing)
        return taken

    def _attempt(self, call: Callable[[], T], otherwise: Callable[[], T]) -> T:
        return self._outage.attempt(call, otherwise) if self.is_remote else call()


@dataclass(frozen=True)
class Bucket:
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


@dataclass(frozen=True)
class Reservation:
    """A hit that was tried: its counter afterwards, and the storage that has it."""

    bucket: Bucket
    count: Count
    storage: ExactStorage

    @property
    def left(self) -> int:
        """Whole seconds until the window ends."""
        return min(max(1, ceil(self.count.left)), self.bucket.policy.window)


class Attempts:
    """The policies of one request that its content keys, and that count failures only."""

    def __init__(self, limits: Limits, policies: Iterable[Policy], request: current.CurrentRequest) -> None:
        self._limits = limits
        self._policies = [policy for policy in policies if policy.by == "body"]
        self._request = request
        self._reserved: dict[str, list[Reservation]] = {}

    @contextmanager
    def counting(self, failure: type[Problem], value: str) -> Iterator[None]:
        """
        Take one attempt for a value, and keep it only where the block raises `failure`.

        Raises RateLimited. An error of the database is no failure of the caller: the attempt is given back, also
        because the same request may run again, and then takes an attempt anew.
        """
        self.reserve(value)
        try:
            yield
        except failure:
            raise
        except BaseException:
            self.give_back(value)
            raise
        else:
            self.give_back(value)

    def reserve(self, value: str) -> None:
        """
        Take one attempt for a value.

        Raises RateLimited.
        """
        for bucket in self._buckets(value):
            reservation = self._limits.reserve(bucket, self._request)
            self._reserved.setdefault(bucket.key, []).append(reservation)

    def give_back(self, value: str) -> None:
        """Return the attempt that was taken last for a value, since it did not fail."""
        try:
            for bucket in self._buckets(value):
                if reserved := self._reserved.get(bucket.key):
                    self._limits.give_back(reserved.pop(), self._request)
        except Exception as error:
            # The request has its outcome already, and an attempt too many must not change it.
            log.warning("an attempt cannot be given back: %s", type(error).__name__)

    def _buckets(self, value: str) -> list[Bucket]:
        # Values from outside never stand in a key as they are.
        who = blake2b(value.encode(), digest_size=16).hexdigest()
        return [Bucket(policy, who) for policy in self._policies]


def caller_key(request: current.CurrentRequest) -> str:
    """Name who asks: the verified subject of the token, else what one client holds of the addresses."""
    return f"user:{request.claims.user_id}" if request.claims else address_key(request)


def address_key(request: current.CurrentRequest) -> str:
    """Name where a request comes from."""
    return f"address:{_network(request.address)}"


def _key(policy: Policy, request: current.CurrentRequest) -> str:
    return caller_key(request) if policy.by == "principal" else address_key(request)


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


def _announce(reservation: Reservation, request: current.CurrentRequest) -> None:
    """Note in the answer's fields what a policy still admits."""
    policy, quota = reservation.bucket.policy, reservation.bucket.quota
    remaining = max(0, quota - reservation.count.spent)
    _add(request, "RateLimit-Policy", policy.name, f'"{policy.name}";q={quota};w={policy.window}')
    _add(request, "RateLimit", policy.name, f'"{policy.name}";r={remaining};t={reservation.left}')


def _refusal(refusing: Sequence[Reservation]) -> RateLimited:
    wait = max(each.left for each in refusing)
    names = " and ".join(each.bucket.policy.name for each in refusing)
    return RateLimited(f"The limit {names} is reached: wait {wait} seconds.", retry_after=wait)


def _add(request: current.CurrentRequest, field: str, name: str, member: str) -> None:
    others = [each for each in request.headers.get(field, "").split(", ") if each and not each.startswith(f'"{name}"')]
    request.headers[field] = ", ".join([*others, member])


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
