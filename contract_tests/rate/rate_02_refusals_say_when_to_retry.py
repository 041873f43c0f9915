"""RATE-02: refusals say when to retry."""

import re

from bookplate import expect, fault, invariant
from bookplate.contract import Document, Operation, is_limited
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange, missing_header

from ._shared import retry_after


def is_refusal(exchange: Exchange) -> bool:
    """It is refused for a rate limit."""
    return exchange.status == 429


@invariant("RATE-02", source="RFC 6585, section 4; RFC 9110, section 10.2.3", when=is_refusal, applies=is_limited)
def refusals_say_when_to_retry(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    A 429 has a valid Retry-After where the document declares one, and caches may not store it.

    Retry-After is a number of whole seconds or a date. Caches may not store an answer that says `no-store`, or that has
    no lifetime.

    Why it matters: a client without Retry-After guesses, and tries again too early or too late. A stored 429 refuses
    callers that have not spent anything, long after the window has ended.

    To mend it: write Retry-After as whole seconds, rounded up, where the 429 is made, also in a proxy that limits.
    Send `Cache-Control: no-store` with it.
    """
    wait = retry_after(exchange)
    is_documented = operation is not None and operation.response(429).header("Retry-After") is not None
    cache_control = (exchange.header("cache-control") or "").lower()

    said = exchange.header("retry-after")
    expect.that(
        wait is not None or not is_documented,
        "the 429 has no Retry-After" if said is None else f"the 429 says Retry-After: {said}",
        expected="a Retry-After of whole seconds or a date, as documented",
        defect=missing_header("Retry-After") if said is None else "",
    )
    is_kept_out = "no-store" in cache_control or not has_lifetime(exchange, cache_control)
    said_of_caches = f"Cache-Control: {cache_control}" if cache_control else "an Expires that is to come"
    observed = f"caches may store the 429: {said_of_caches}"
    expect.that(is_kept_out, observed, expected="no lifetime, or no-store")


LIFETIME = re.compile(r"\bpublic\b|\bs-maxage=|\bmax-age=(?!0)")


def has_lifetime(answer: Exchange, cache_control: str) -> bool:
    """Tell whether an answer says that caches may use it for a time."""
    return LIFETIME.search(cache_control) is not None or expires_later(answer)


def expires_later(answer: Exchange) -> bool:
    """Tell whether an answer has an Expires in its future; one that is no date is past (RFC 9111, section 5.3)."""
    try:
        return answer.until(answer.header("expires") or "") > 0
    except (ValueError, TypeError):
        return False


@fault(refusals_say_when_to_retry, statuses=(429,))
def refusal_without_retry_after(request: Request, answer: Answer) -> None:
    """A 429 has no Retry-After."""
    answer.headers.pop("retry-after", None)


@fault(refusals_say_when_to_retry, statuses=(429,))
def retry_after_is_a_fraction(request: Request, answer: Answer) -> None:
    """Retry-After has decimal places."""
    answer.headers["retry-after"] = "2.5"


@fault(refusals_say_when_to_retry, statuses=(429,))
def refusals_are_cached(request: Request, answer: Answer) -> None:
    """A 429 has the lifetime of a read."""
    answer.headers["cache-control"] = "public, max-age=60"
