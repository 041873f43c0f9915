"""CONC-04: quotas hold under concurrency."""

from bookplate import Needs, Severity, expect, experiment, fault, partly
from bookplate.contract import Operation, is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import Quotas, missing_limit, without_pauses
from bookplate.wire import race

# How many requests the quota still admits, and how many more are sent.
LEFT = 4
MORE = 16


@experiment(
    "CONC-04",
    source="#/x-rate-limit; OWASP API4:2023",
    owasp=("API4:2023",),
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
    severity=Severity.CONTRACT,
    explained_by=("RATE-01",),
)
def test_quotas_hold_under_concurrency(operation: Operation, quotas: Quotas) -> None:
    """
    When more requests arrive at once than a quota has left, exactly as many as are left are admitted.

    All others get 429. A documented 503 with Retry-After shows nothing: the service is busy, and says when to come back.

    Why it matters: a client that sends its requests in parallel gets around the limit. Passwords can then be guessed
    faster than the document promises, and one client can take the capacity of all.

    To mend it: count by one atomic step, such as INCR or a script in Redis, or one UPDATE with a condition, and
    decide by the number that it returns. Reading, comparing and writing in three steps admits too many.
    """
    for policy, trial in expect.each(quotas.own()):
        with trial:
            caller = quotas.new_caller(policy)
            left = min(LEFT, policy.quota)
            before = [caller.send() for _ in range(policy.quota - left)]

            answers = race([caller.send] * (left + MORE))

            judged = without_pauses(answers, operation)
            admitted = [answer for answer in judged if answer.status != 429]
            # Nobody knows whether what a busy service has sent away was counted.
            least = max(left - (len(answers) - len(judged)), 0)
            expect.that(
                least <= len(admitted) <= left,
                f"the limit {policy.name} had {left} requests left, and of {len(judged)} sent at once {len(admitted)} were admitted",
                expected=f"exactly {left} are admitted, the rest of {policy.quota}",
                shown=[*before, *answers],
                defect=missing_limit(policy) if len(admitted) == len(judged) else "",
            )
    partly(quotas.elsewhere(), tested=quotas.tested())


@fault(test_quotas_hold_under_concurrency)
def counter_is_written_late(request: Request, answer: Answer) -> None:
    """Every fifth request is counted too late and admitted."""
    if answer.status == 429 and request.times("refused") % 5 == 0:
        answer.become(400, {})
