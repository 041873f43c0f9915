"""RATE-08: tiers have their quota."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, said
from bookplate.contract import Document, Operation, Policy
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, announced, promises
from bookplate.wire import Exchange, succeeded


def announces_tiers(operation: Operation) -> bool:
    """One of its policies has tiers, and its successes are documented to carry RateLimit-Policy."""
    has_tiers = any(isinstance(policy.limit, Mapping) for policy in operation.policies)
    return has_tiers and promises(operation, operation.success.status, "ratelimit-policy")


@experiment("RATE-08", source="#/x-rate-limit", applies=announces_tiers)
def test_tiers_have_their_quota(operation: Operation, resources: Resources) -> None:
    """
    After a user is moved to another tier, the next answer announces a quota in proportion to that tier's limit.

    The target may run with all limits multiplied by a number: only the proportions between tiers are compared. A tier
    whose quota is not announced is left aside.

    Why it matters: users pay for a higher tier. If their quota stays that of the lowest one, they are refused although
    they have paid; the other way round, the service gives away what others pay for.

    To mend it: read the tier from the account with each request, and choose quota and announcement by it. Drop what
    is cached of the account when its tier is changed.
    """
    policy, limit = next((each, each.limit) for each in operation.policies if isinstance(each.limit, Mapping))
    member = (policy.tier or "").rpartition("/")[2]
    prepared = resources.prepare(operation_that_moves(member, resources.document))
    user = prepared.item.owner if prepared.item else prepared.caller
    answers: list[Exchange] = []

    for tier in limit:
        tag = resources.read(prepared).header("etag")
        moved = resources.write(prepared, tag, {member: tier})
        succeeded(moved, "the tier cannot be changed")
        answers.append(resources.ask(replace(prepared, operation=operation, item=None), user))

    quotas = [announced_quota(answer, policy) for answer in answers]
    documented = list(limit.values())
    observed = (
        f"moved from tier to tier ({', '.join(map(str, limit))}), {user.name} is announced a quota of {said(quotas)}"
    )
    expected = f"{said(documented)}, or as many times each"
    expect.that(are_proportional(quotas, documented), observed, expected=expected, shown=answers)


def operation_that_moves(member: str, document: Document) -> Operation:
    """Return the operation that changes a user's tier, which stands in this member; NotChecked where none does."""
    for operation in document.operations:
        if operation.method == "PATCH" and member in operation.members:
            return operation
    raise NotChecked("no operation of the document changes the tier of an account")


def announced_quota(answer: Exchange, policy: Policy) -> Any:
    """Return the quota that an answer announces for a policy, a whole number if it is right; None where it has none."""
    return announced(answer, "ratelimit-policy", [policy]).get(policy.name, {}).get("q")


def are_proportional(quotas: Sequence[Any], documented: Sequence[int]) -> bool:
    """Tell whether the quotas are the documented ones, all multiplied by one number; None is a quota not announced."""
    pairs = [(quota, limit) for quota, limit in zip(quotas, documented, strict=True) if quota is not None]
    if not pairs or any(type(quota) is not int for quota, _ in pairs):
        return False
    largest_quota, largest_limit = max(pairs, key=itemgetter(1))
    if (largest_quota > 0) != (largest_limit > 0):
        return False
    return all(quota * largest_limit == limit * largest_quota for quota, limit in pairs)


@fault(test_tiers_have_their_quota)
def tiers_are_ignored(request: Request, answer: Answer) -> None:
    """Every user has the quota of the lowest tier."""
    answer.edit("ratelimit-policy", r"q=\d+", "q=10")


@fault(test_tiers_have_their_quota)
def highest_tier_has_a_quota_of_zero(request: Request, answer: Answer) -> None:
    """The quota of the highest tier is announced as 0."""
    # The suite's limits are a thousand times the documented ones: only the highest has seven digits.
    answer.edit("ratelimit-policy", r'("statistics";q)=\d{7,}', r"\1=0")
