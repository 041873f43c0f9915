"""CACHE-02: private answers are not shared."""

from bookplate import NotExercised, Severity, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange, directives


def is_restricted(operation: Operation) -> bool:
    """It needs credentials, and the document says which callers it admits."""
    return operation.secured and operation.access is not None


@invariant(
    "CACHE-02",
    source="RFC 9111, section 3.5; x-access",
    owasp=("API8:2023",),
    applies=is_restricted,
    severity=Severity.SECURITY,
)
def private_answers_are_not_shared(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    When not every caller may have an answer, its Cache-Control lets no shared cache store it.

    It has neither `public` nor `s-maxage`, and it has `must-revalidate` only beside `private` or `no-store`. Each of
    the three lets a shared cache store the answer to a request with an Authorization field.

    Why it matters: a proxy or a CDN between users and the API hands the answer of one user to the next.

    To mend it: send `Cache-Control: private` or `no-store` where the answer depends on the caller, and set it by
    the access of the operation. Remove `public` and `s-maxage` from a default that a framework or a proxy adds.
    """
    if operation is None:
        raise NotExercised("the request led to no operation")
    named = directives(exchange).keys()
    permissions = {"public", "s-maxage"}
    if named.isdisjoint({"private", "no-store"}):
        permissions.add("must-revalidate")

    found = sorted(permissions & named)

    expect.that(not found, f"Cache-Control has {', '.join(found)}", expected="nothing that lets others have it")


@fault(private_answers_are_not_shared)
def everything_is_public(request: Request, answer: Answer) -> None:
    """Every answer is `public`."""
    answer.headers["cache-control"] = "public, no-cache"


@fault(private_answers_are_not_shared)
def proxies_may_keep_accounts(request: Request, answer: Answer) -> None:
    """Every answer has an `s-maxage`, a lifetime for shared caches."""
    answer.headers["cache-control"] = "max-age=0, s-maxage=30"
