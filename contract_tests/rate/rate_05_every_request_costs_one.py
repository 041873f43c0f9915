"""RATE-05: every request costs one."""

import re
from dataclasses import replace
from typing import Any

from bookplate import Needs, NotChecked, Violation, experiment, fault
from bookplate.contract import Policy
from bookplate.faults import Answer, Request
from bookplate.fixtures import Quotas, announced, promises

from ._shared import DRAFT, announces


@experiment("RATE-05", source=f"{DRAFT}; #/x-rate-limit", applies=announces, needs={Needs.DOCUMENTED_LIMITS})
def test_every_request_costs_one(quotas: Quotas) -> str:
    """
    The first r is the documented quota less one, and each request makes every r less by one.

    Refused requests, HEAD and answers 304 cost what others do, and of several windows each is announced as it is.
    """
    for policy in quotas.own():
        caller, before = quotas.new_caller(policy), dict[str, dict[str, Any]]()
        # What counts by the same key has not seen this caller either; an address, though, has signed somebody up.
        same = [each for each in quotas.operation.policies if each.by == policy.by]
        fresh = {each.name: each.quota for each in same if each.by == "principal" or not caller.user}
        for count, form in enumerate(forms(quotas, policy), start=1):
            answer = caller.send(**form)
            now = announced(answer)
            if not promises(quotas.operation, answer.status) or answer.status == 429:
                raise NotChecked(f"{policy.name}: {answer.describe()} announces nothing")
            asked = announced(answer, "ratelimit-policy").get(policy.name, {}).get("q")
            expected = {policy.name: policy.quota - count} | {name: said["r"] - 1 for name, said in before.items()}
            expected |= {name: fresh[name] - count for name in now.keys() & fresh.keys()}
            if asked != policy.quota or any(now.get(name, {}).get("r") != r for name, r in expected.items()):
                observed = f"request {count}: q={asked}, {answer.header('ratelimit')}"
                raise Violation(observed, expected=f"q={policy.quota}, r {expected}", exchanges=[answer])
            before = now if caller.address else {}
    return quotas.elsewhere()


def forms(quotas: Quotas, policy: Policy) -> list[dict[str, Any]]:
    """Return requests good and bad, no more than a quota lets through."""
    query = quotas.resources.samples.query(quotas.operation)
    found: list[dict[str, Any]] = [{"query": query}] * 3
    if policy.by != "body":
        found += [{"query": {**query, "no_such_parameter": "1"}}, {"query": query, "headers": {"If-None-Match": "*"}}]
    if quotas.operation.method == "GET":
        found.append({"query": query, "form": replace(quotas.operation, id="", method="HEAD")})
    return found[: policy.quota]


@fault(test_every_request_costs_one)
def header_is_frozen(request: Request, answer: Answer) -> None:
    """What is left is announced once and stays so."""
    answer.edit("ratelimit", r"r=\d+", "r=4")


@fault(test_every_request_costs_one)
def longer_window_is_not_counted(request: Request, answer: Answer) -> None:
    """Of several windows only the first is counted down."""
    answer.edit("ratelimit", r'(, "[a-z-]+";r)=\d+', r"\1=1000")


@fault(test_every_request_costs_one)
def failures_are_free(request: Request, answer: Answer) -> None:
    """Only requests that succeed are counted."""
    if answer.status >= 400 and (left := re.search(r"r=(\d+)", answer.headers.get("ratelimit", ""))):
        answer.edit("ratelimit", left[0], f"r={int(left[1]) + 1}")
