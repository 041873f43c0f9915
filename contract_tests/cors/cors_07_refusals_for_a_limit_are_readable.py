"""CORS-07: refusals for a limit are readable."""

from bookplate import Needs, NotChecked, NotExercised, Severity, expect, experiment, fault
from bookplate.contract import Operation, is_limited, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import ALLOW_ORIGIN, Config, Quotas, allows_origin, missing_origin, origins_of


def is_limited_for_pages(operation: Operation) -> bool:
    """It has a limit, and pages of some origin may call it."""
    return is_limited(operation) and is_open_to_pages(operation)


@experiment(
    "CORS-07",
    source="OWASP API8:2023; #/paths",
    applies=is_limited_for_pages,
    needs={Needs.DOCUMENTED_LIMITS},
    severity=Severity.CONTRACT,
)
def test_refusals_for_a_limit_are_readable(
    operation: Operation, tried_operations: tuple[Operation, ...], quotas: Quotas, config: Config
) -> None:
    """
    A 429 answered to a page of an allowed origin allows that origin as a success does.

    It is tried once, at the operation whose quota is the smallest that requests can exhaust.

    Why it matters: the browser hides an answer without these fields. The page sees a network error, tries again at once,
    and makes it worse.

    To mend it: put the layer of CORS outside the limiter, or let the limiter's answer pass through it. A proxy that
    limits needs the same fields in its own 429.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    if operation is not cheapest(tried_operations):
        raise NotExercised("one limit of the document is tried")
    policy = min(quotas.reachable(), key=lambda each: each.quota)
    caller, answers = quotas.exhausted(policy)

    refused = caller.send({"Origin": origins[0]})

    expect.status(429, refused, what=f"{policy.name} is exhausted", after=answers[-1:])
    expect.that(
        allows_origin(refused, origins[0]),
        f"pages of {origins[0]} cannot read the 429",
        expected="they can",
        shown=[*answers, refused],
    )


def cheapest(operations: tuple[Operation, ...]) -> Operation:
    """Return the operation with the smallest quota, best one without a token and without a role."""
    return min(
        operations,
        key=lambda each: (bool(each.role), each.secured, min(policy.quota for policy in each.policies)),
    )


@fault(test_refusals_for_a_limit_are_readable, statuses=(429,))
def limit_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 429 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)
