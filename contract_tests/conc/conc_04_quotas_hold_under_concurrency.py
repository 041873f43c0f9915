"""CONC-04: quotas hold under concurrency."""

from bookplate import Needs, Violation, experiment, fault
from bookplate.contract import is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import Quotas
from bookplate.wire import race

LEFT, MORE = 4, 16


@experiment("CONC-04", source="#/x-rate-limit; OWASP API4:2023", applies=is_limited, needs={Needs.DOCUMENTED_LIMITS})
def test_quotas_hold_under_concurrency(quotas: Quotas) -> str:
    """Of many requests at once exactly as many are admitted as the quota has left."""
    for policy in quotas.own():
        caller, left = quotas.new_caller(policy), min(LEFT, policy.quota)
        for _ in range(policy.quota - left):
            caller.send()
        answers = race([caller.send] * (left + MORE))
        admitted = [answer for answer in answers if answer.status != 429]
        if len(admitted) != left:
            observed = f"{policy.name}: {len(admitted)} of {len(answers)} at once admitted"
            raise Violation(observed, expected=f"the {left} left of {policy.quota}", exchanges=answers)
    return quotas.elsewhere()


@fault(test_quotas_hold_under_concurrency)
def counter_is_written_late(request: Request, answer: Answer) -> None:
    """Now and then somebody reads the counter before it has been written."""
    answer.become(400, {}, where=request.times("asked") % 5 == 0 and answer.status == 429)
