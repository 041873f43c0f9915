"""RATE-03: retry after is honest."""

from bookplate import Needs, NotChecked, Violation, experiment, fault
from bookplate.contract import is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import Quotas

from ._shared import retry_after

# What of Retry-After is waited out, so that not only a clock of ours says that it is true.
REALLY = 2


@experiment(
    "RATE-03",
    source="RFC 6585, section 4; RFC 9110, section 10.2.3",
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_retry_after_is_honest(quotas: Quotas) -> str:
    """Who waits as long as Retry-After says is admitted, and who waits less than half as long is not."""
    quickest = min(quotas.resources.document.policies.values(), key=lambda policy: policy.window)
    for policy in quotas.own():
        caller, answers = quotas.exhausted(policy)
        told_ = retry_after(answers[-1])
        outlived = caller.headers and caller.user and caller.user.expires_in <= (told_ or 0)
        if told_ is None or outlived:
            raise NotChecked(f"{policy.name}: no Retry-After, or one later than the end of the caller's token")
        early = (told_ - 1) // 2 if told_ > 2 * REALLY else 0
        for wait, still in [(early, True), (told_ - early, False)][not early :]:
            quotas.let_pass(wait, really=0 if still or policy is not quickest else REALLY)
            answers.append(caller.send())
            if (answers[-1].status == 429) != still:
                if not still and early and (retry_after(answers[-2]) or 0) >= told_:
                    raise NotChecked(f"{policy.name} does not follow the clock that the suite moves")
                waited = early if still else told_
                observed = f"{policy.name}: {answers[-1].describe()} {waited} s after the answer that says {told_}"
                raise Violation(observed, expected="429" if still else "not 429", exchanges=answers[-2:])
    return quotas.elsewhere()


@fault(test_retry_after_is_honest, statuses=(429,))
def hint_is_a_second(request: Request, answer: Answer) -> None:
    """Retry-After is a constant."""
    answer.headers["retry-after"] = "1"


@fault(test_retry_after_is_honest)
def window_never_ends(request: Request, answer: Answer) -> None:
    """Who has been refused once is refused for ever."""
    if request.before(request.client, answer.status == 429) and answer.status != 429:
        answer.become(429)
        answer.headers["retry-after"] = "1"
