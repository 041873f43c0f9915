"""Retries: which failures are worth another try, and when. stamina does the rest."""

import random
from dataclasses import dataclass

from .errors import ApiError, TransportError

RETRIED = frozenset({429, 502, 503, 504})
JITTER = 0.5  # seconds on top of Retry-After, so that all who were refused do not come back at once
CONFLICT, LIMITED = 409, 429


@dataclass(frozen=True)
class Retries:
    """How often a request is sent again, and the longest Retry-After in seconds that is waited out."""

    times: int
    longest_wait: float


@dataclass
class Judge:
    """
    Says of each failure of one request whether stamina sends it again, and after how many seconds.

    A refusal by a limit has done nothing, so that every request may be repeated. All else is repeated only where the
    second request changes nothing, or is known as the second by its idempotency key.
    """

    retries: Retries
    is_repeatable: bool
    has_key: bool
    was_lost: bool = False

    def __call__(self, error: Exception) -> bool | float:
        if isinstance(error, TransportError):
            self.was_lost = True
            return self.is_repeatable
        return isinstance(error, ApiError) and self._after(error)

    def _after(self, error: ApiError) -> bool | float:
        if error.status == CONFLICT:
            # The first request, whose answer was lost, may still be at work under the same key.
            return self.was_lost and self.has_key
        if error.status not in RETRIED or not (self.is_repeatable or error.status == LIMITED):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after <= self.retries.longest_wait and error.retry_after + random.uniform(0, JITTER)
