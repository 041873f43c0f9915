"""RATE-05: every request costs one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bookplate import Needs, NotChecked, expect, experiment, fault, listed, partly, said
from bookplate.contract import Policy
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas, announced, promises
from bookplate.wire import Exchange

from ._shared import DRAFT, announces


@experiment("RATE-05", source=f"{DRAFT}; #/x-rate-limit", applies=announces, needs={Needs.DOCUMENTED_LIMITS})
def test_every_request_costs_one(quotas: Quotas) -> None:
    """
    The first answer to a caller announces q - 1 requests left, and each later one announces one less.

    q is the documented quota, and r, the number of requests left, stands in RateLimit. Refused requests, HEAD and
    answers 304 cost one too. Where several policies count a request, the r of each goes down.

    Why it matters: a client that counts along knows when to stop. Where some requests are free or cost two, it is
    refused without a warning, or leaves a part of its quota unused.

    To mend it: count first, and then write what is left from the result, for each policy of the operation. Do so
    for errors too, and do not read the number from a copy that is renewed now and then.
    """
    for policy, trial in expect.each(quotas.own()):
        with trial:
            caller = quotas.new_caller(policy)
            fresh = fresh_quotas(quotas, policy, caller)
            before: Mapping[str, int] = {}
            for count, form in enumerate(forms(quotas, policy), start=1):
                answer = caller.send(**form)

                if not promises(quotas.operation, answer.status) or answer.status == 429:
                    raise NotChecked(f"{policy.name}: {answer.describe()} announces nothing")
                remaining = left_of_each(answer, quotas.operation.policies)
                due = {policy.name: policy.quota - count}
                due |= {name: left - 1 for name, left in before.items()}
                due |= {name: quota - count for name, quota in fresh.items() if name in remaining}
                expect_remaining(answer, quotas.operation.policies, policy, due, what=f"request {count}")
                # A caller without an address of its own sends each request from another one, which has spent nothing.
                if caller.address:
                    before = remaining
    partly(quotas.elsewhere(), tested=quotas.tested())


def fresh_quotas(quotas: Quotas, policy: Policy, caller: Caller) -> dict[str, int]:
    """
    Return the quotas, by name, of the policies that have not counted a caller either.

    They count by the same key as the policy. The address of a caller with a user has already signed up that user.
    """
    same_key = [each for each in quotas.operation.policies if each.by == policy.by]
    return {each.name: each.quota for each in same_key if each.by == "principal" or not caller.user}


def forms(quotas: Quotas, policy: Policy) -> list[dict[str, Any]]:
    """Return the requests to send, as arguments of `Caller.send`: at most as many as the policy admits."""
    operation = quotas.operation
    query = quotas.resources.samples.query(operation)
    usual = {"query": query}
    found: list[dict[str, Any]] = [usual, usual, usual]
    if policy.by != "body":
        found.append({"query": {**query, "no_such_parameter": "1"}})
        found.append({"query": query, "headers": {"If-None-Match": "*"}})
    if operation.method == "GET":
        found.append({"query": query, "form": replace(operation, id="", method="HEAD")})
    found += [usual] * (ROW - len(found))
    return found[: policy.quota]


# A limiter may give back what a request has cost only after a while.
ROW = 12


def left_of_each(answer: Exchange, policies: Sequence[Policy]) -> dict[str, int]:
    """Return the r of each policy that RateLimit names; Violation where one has no whole number for it."""
    remaining = announced(answer, policies=policies)
    without = [name for name, parameters in remaining.items() if type(parameters.get("r")) is not int]
    observed = f"{answer.summary()} with RateLimit: {answer.header('ratelimit') or 'none'}"
    expect.that(not without, observed, expected=f"a whole number as r for {listed(without)}", shown=[answer])
    return {name: parameters["r"] for name, parameters in remaining.items()}


def expect_remaining(
    answer: Exchange, policies: Sequence[Policy], policy: Policy, due: Mapping[str, int], *, what: str
) -> None:
    """Expect an answer to announce the quota of a policy, and for each of the policies in `due` what is left."""
    quota = announced(answer, "ratelimit-policy", policies).get(policy.name, {}).get("q")
    remaining = left_of_each(answer, policies)
    left = {name: remaining.get(name) for name in due}
    told = f"RateLimit: {answer.header('ratelimit') or 'none'}, with a quota of {said(quota)}"
    observed = f"{what}: {answer.summary()} with {told}"
    is_right = quota == policy.quota and left == due
    expect.that(is_right, observed, expected=f"a quota of {policy.quota}, and left of it: {said(due)}", shown=[answer])


@fault(test_every_request_costs_one)
def remaining_never_changes(request: Request, answer: Answer) -> None:
    """RateLimit announces the same r in every answer."""
    answer.edit("ratelimit", r"r=\d+", "r=4")


@fault(test_every_request_costs_one)
def longer_window_is_not_counted(request: Request, answer: Answer) -> None:
    """Of several policies only the first is counted down."""
    answer.edit("ratelimit", r'(, "[a-z-]+";r)=\d+', r"\1=1000")


@fault(test_every_request_costs_one)
def longer_window_has_no_r(request: Request, answer: Answer) -> None:
    """Of several policies only the first has an r."""
    answer.edit("ratelimit", r'(, "[a-z-]+");r=\d+', r"\1")


@fault(test_every_request_costs_one)
def failures_are_free(request: Request, answer: Answer) -> None:
    """Requests that are answered with an error are not counted down."""
    left = re.search(r"r=(\d+)", answer.headers.get("ratelimit", ""))
    if answer.status >= 400 and left:
        answer.edit("ratelimit", left[0], f"r={int(left[1]) + 1}")


@fault(test_every_request_costs_one)
def some_requests_give_back(request: Request, answer: Answer) -> None:
    """Every tenth answer announces three requests more than the one before it."""
    left = re.search(r"r=(\d+)", answer.headers.get("ratelimit", ""))
    caller = (request.client, request.headers.get("authorization"))
    if left and request.times(caller) % 10 == 0:
        answer.edit("ratelimit", left[0], f"r={int(left[1]) + 4}")
