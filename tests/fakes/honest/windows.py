"""Limits: fixed windows that begin with their first request."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .contract import Policy


@dataclass
class Window:
    end: float
    spent: int = 0


@dataclass(frozen=True)
class Count:
    """What a policy says of one key: its limit, what is left of it, and the seconds until its window ends."""

    policy: Policy
    limit: int
    left: int
    seconds: int
    is_refused: bool = False


class Windows:
    """The windows of all policies and keys. The caller holds the lock of the service."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.open: dict[tuple[str, str], Window] = {}

    def spend(self, policy: Policy, key: str, limit: int) -> Count:
        """Count a request for a policy, unless the policy refuses it."""
        window = self._window(policy, key)
        if window.spent >= limit:
            return self._count(policy, limit, window, is_refused=True)
        window.spent += 1
        self.open[policy.name, key] = window
        return self._count(policy, limit, window)

    def look(self, policy: Policy, key: str, limit: int) -> Count:
        """Tell what a policy says of a key, and spend nothing."""
        window = self._window(policy, key)
        return self._count(policy, limit, window, is_refused=window.spent >= limit)

    def _window(self, policy: Policy, key: str) -> Window:
        window = self.open.get((policy.name, key))
        if window is None or window.end <= self.now():
            return Window(self.now() + policy.window)
        return window

    def _count(self, policy: Policy, limit: int, window: Window, *, is_refused: bool = False) -> Count:
        seconds = max(1, math.ceil(window.end - self.now()))
        return Count(policy, limit, max(0, limit - window.spent), min(seconds, policy.window), is_refused)


def told(counts: list[Count]) -> dict[str, str]:
    """Return RateLimit-Policy and RateLimit for what was counted."""
    if not counts:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{each.policy.name}";q={each.limit};w={each.policy.window}' for each in counts),
        "RateLimit": ", ".join(f'"{each.policy.name}";r={each.left};t={each.seconds}' for each in counts),
    }
