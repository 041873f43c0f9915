"""CACHE-02: private answers are not shared."""

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange, directives


@invariant("CACHE-02", source="RFC 9111, section 3.5; x-access", applies=lambda o: o.secured and bool(o.access))
def private_answers_are_not_shared(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """What not everybody may get is not for shared caches: neither `public` nor `s-maxage`, nor bare `must-revalidate`."""
    said = directives(exchange).keys() if operation else set()
    opens = {"public", "s-maxage"} | (set() if {"private", "no-store"} & said else {"must-revalidate"})
    if shared := sorted(opens & said):
        raise Violation(f"Cache-Control has {shared[0]}", expected="nothing that lets others have it")


@fault(private_answers_are_not_shared)
def everything_is_public(request: Request, answer: Answer) -> None:
    """Every answer is `public`."""
    answer.headers["cache-control"] = "public, no-cache"


@fault(private_answers_are_not_shared)
def proxies_may_keep_accounts(request: Request, answer: Answer) -> None:
    """Answers give shared caches a lifetime of their own."""
    answer.headers["cache-control"] = "max-age=0, s-maxage=30"
