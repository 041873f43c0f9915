"""Fixed windows in memory, announced as draft-ietf-httpapi-ratelimit-headers-11 writes them."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from threading import Lock

from fastapi import Request

from .contract import Policy
from .problems import Problem

SWEEP_AT = 10_000


@dataclass(frozen=True)
class Bucket:
    """One counter: a policy, who is counted by it, and what a window admits."""

    policy: Policy
    who: str
    quota: int

    @property
    def key(self) -> tuple[str, str]:
        return self.policy.name, self.who


class Limits:
    """The counters of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._windows: dict[tuple[str, str], tuple[int, float]] = {}
        self._sweep_at = SWEEP_AT

    def spend(self, buckets: Iterable[Bucket], headers: dict[str, str]) -> None:
        """Count a request and announce what is left; raise a problem where a bucket is empty."""
        spent = [(bucket, self._take(bucket), self._seconds_left(bucket)) for bucket in buckets]
        for bucket, _, _ in spent:
            self._announce(bucket, headers)
        if waits := [seconds for _, admitted, seconds in spent if not admitted]:
            names = " and ".join(bucket.policy.name for bucket, admitted, _ in spent if not admitted)
            detail = f"The limit {names} is reached: wait {max(waits)} seconds."
            raise Problem("rate_limited", detail, headers={"Retry-After": str(max(waits))})

    def give_back(self, buckets: Iterable[Bucket], headers: dict[str, str]) -> None:
        """Return a request that was not to be counted after all."""
        for bucket in buckets:
            with self._lock:
                count, ends = self._live(bucket)
                if count:
                    self._windows[bucket.key] = (count - 1, ends)
            self._announce(bucket, headers)

    def _take(self, bucket: Bucket) -> bool:
        with self._lock:
            count, ends = self._live(bucket)
            if count < bucket.quota:
                self._windows[bucket.key] = (count + 1, ends)
            return count < bucket.quota

    def _live(self, bucket: Bucket) -> tuple[int, float]:
        now = time.time()
        if len(self._windows) > self._sweep_at:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
            # Windows that have not ended stay: without this each request would look at all of them again.
            self._sweep_at = max(SWEEP_AT, 2 * len(self._windows))
        count, ends = self._windows.get(bucket.key, (0, 0.0))
        return (count, ends) if ends > now else (0, now + bucket.policy.window)

    def _seconds_left(self, bucket: Bucket) -> int:
        return min(max(1, ceil(self._live(bucket)[1] - time.time())), bucket.policy.window)

    def _announce(self, bucket: Bucket, headers: dict[str, str]) -> None:
        name, left = bucket.policy.name, max(bucket.quota - self._live(bucket)[0], 0)
        told = {
            "RateLimit-Policy": f'"{name}";q={bucket.quota};w={bucket.policy.window}',
            "RateLimit": f'"{name}";r={left};t={self._seconds_left(bucket)}',
        }
        for field, member in told.items():
            others = [each for each in headers.get(field, "").split(", ") if each and not each.startswith(f'"{name}"')]
            headers[field] = ", ".join([*others, member])


def buckets_of(policies: Iterable[Policy], request: Request, user_id: int | None, tier: str | None) -> list[Bucket]:
    """Return the buckets that a request spends, whatever its content is."""
    address = f"address {request.client.host if request.client else ''}"
    principal = address if user_id is None else f"user {user_id}"
    who = {"principal": principal, "address": address}
    return [Bucket(each, who[each.by], each.quota(tier)) for each in policies if each.by in who]


def buckets_of_value(policies: Iterable[Policy], value: str) -> list[Bucket]:
    """Return the buckets that a value in the content has; values from outside are never kept as they are."""
    who = hashlib.sha256(value.encode()).hexdigest()
    return [Bucket(each, who, each.quota(None)) for each in policies if each.by == "body"]
