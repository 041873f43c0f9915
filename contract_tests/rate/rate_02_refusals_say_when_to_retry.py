"""RATE-02: refusals say when to retry."""

import re

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation, is_limited
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import retry_after

STORABLE = re.compile(r"\bpublic\b|\bs-maxage=|\bmax-age=(?!0)")


def is_refusal(exchange: Exchange) -> bool:
    return exchange.status == 429


@invariant("RATE-02", source="RFC 6585, section 4; RFC 9110, section 10.2.3", when=is_refusal, applies=is_limited)
def refusals_say_when_to_retry(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A 429 has a valid Retry-After where that is documented, and no lifetime in caches."""
    wait = retry_after(exchange)
    if wait is None and operation and operation.response(429).header("Retry-After"):
        raise Violation("the 429 has no Retry-After", expected="a Retry-After, as documented")
    cache = (exchange.header("cache-control") or "").lower()
    if "no-store" not in cache and (STORABLE.search(cache) or expires(exchange)):
        raise Violation(f"the 429 may be stored: '{cache}'", expected="no lifetime, or no-store")


def expires(answer: Exchange) -> bool:
    """Tell whether an answer has an Expires yet to come: what is no date is past (RFC 9111, section 5.3)."""
    try:
        return answer.until(answer.header("expires") or "") > 0
    except (ValueError, TypeError):
        return False


@fault(refusals_say_when_to_retry, statuses=(429,))
def refusal_without_a_hint(request: Request, answer: Answer) -> None:
    """Who is refused is not told until when."""
    answer.headers.pop("retry-after", None)


@fault(refusals_say_when_to_retry, statuses=(429,))
def hint_is_a_fraction(request: Request, answer: Answer) -> None:
    """Retry-After has decimal places."""
    answer.headers["retry-after"] = "2.5"


@fault(refusals_say_when_to_retry, statuses=(429,))
def refusals_are_cached(request: Request, answer: Answer) -> None:
    """The lifetime for reads stands on refusals too."""
    answer.headers["cache-control"] = "public, max-age=60"
