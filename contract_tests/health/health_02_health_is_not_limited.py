"""HEALTH-02: health is not limited."""

import re

from bookplate import Needs, Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import lifetime

from ._shared import DRAFT, is_health


@experiment("HEALTH-02", source=f"{DRAFT}, section 5; #/paths", applies=is_health, needs={Needs.DOCUMENTED_LIMITS})
def test_health_is_not_limited(operation: Operation, resources: Resources) -> None:
    """Where nothing else is declared, health has no limit, is as new as its Cache-Control says, and minds no bad token."""
    others = () if operation.policies else resources.document.policies.values()
    quotas = [policy.quota for policy in others if policy.quota <= 100]
    address, bad = resources.users.new_client_address(), {"Authorization": "Bearer of-nothing"}
    answers = [resources.client.call(operation, address=address, wait=False) for _ in range(max(quotas, default=0) + 1)]
    answers += [resources.client.call(operation, headers=bad, wait=False)] if not operation.documents(401) else []
    cache = operation.response(200).header("Cache-Control")
    allowed = re.findall(r"max-age=(\d+)", cache.text) if cache else [lifetime(answers[0])]
    for count, answer in enumerate(answers, start=1):
        if answer.status != answers[0].status or (quotas and answer.header("ratelimit")):
            shown = answers[:count]
            raise Violation(answer.describe(), expected=f"{answers[0].status}, and no limit", exchanges=shown)
        if lifetime(answer) > max(map(int, allowed), default=0):
            raise Violation(f"may be used for {lifetime(answer)} s", expected="as declared", exchanges=[answer])


@fault(test_health_is_not_limited)
def health_is_kept(request: Request, answer: Answer) -> None:
    """Health may be used for five minutes."""
    answer.headers["cache-control"] = "max-age=300"


@fault(test_health_is_not_limited)
def health_has_a_limit(request: Request, answer: Answer) -> None:
    """Health is limited as reading is."""
    answer.become(429, where="/health" in request.path and request.times("health") > 60)
