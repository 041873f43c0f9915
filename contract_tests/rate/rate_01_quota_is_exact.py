"""RATE-01: quota is exact."""

from bookplate import Needs, NotChecked, expect, experiment, fault, partly
from bookplate.contract import Policy, is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import DEAREST, Quotas, missing_limit
from bookplate.wire import Exchange


@experiment(
    "RATE-01", source="#/x-rate-limit", owasp=("API4:2023",), applies=is_limited, needs={Needs.DOCUMENTED_LIMITS}
)
def test_quota_is_exact(quotas: Quotas) -> None:
    """
    The first q requests of a window are admitted, and request q + 1 is refused with 429.

    Where several policies count a request, the one with the longer window is tried at one operation, with pauses in
    which the shorter windows end. Requests that are answered with another error count like those that succeed.

    Why it matters: a client plans its requests by the announced quota. A lower limit stops it without a warning; a
    higher one, or none, lets one caller take the service away from all others.

    To mend it: count each request of the operation, with success or not, before it is carried out, in a store that
    all processes share. Refuse when the count is above the quota of any policy. Two processes with counters of
    their own admit twice as many.
    """
    for policy, trial in expect.each(quotas.reachable()):
        with trial:
            answers = quotas.spend(policy, policy.quota + 1)

            if sum(answer.seconds for answer in answers[: policy.quota + 1]) > policy.window:
                raise NotChecked(f"{policy.name}: {policy.quota} requests take longer than a window")
            expect_only_the_last_refused(policy, answers)
    tested = ", ".join(policy.name for policy in quotas.reachable())
    partly(quotas.elsewhere_with_pauses(), tested=tested)

    for policy in quotas.own_with_pauses():
        try:
            answers = quotas.send_with_pauses(quotas.new_caller(policy), policy, policy.quota + 1)
        except NotChecked as reason:
            # The policies with the shortest windows were tried nevertheless.
            partly(f"{policy.name}: {reason}", tested=tested)
        else:
            expect_only_the_last_refused(policy, answers, most_shown=2)


def expect_only_the_last_refused(policy: Policy, answers: list[Exchange], *, most_shown: int = DEAREST + 1) -> None:
    """Expect the first refusal to be that of the request after the quota; show at most so many exchanges."""
    refused = [number for number, answer in enumerate(answers, start=1) if answer.status == 429]
    limit = f"the limit {policy.name} admits {policy.quota} requests in {policy.window} s"
    observed = (
        f"{limit}, and the first that was refused is request {refused[0]}"
        if refused
        else (f"{limit}, and all of {len(answers)} requests were admitted")
    )
    shown = answers[: refused[0]] if refused else answers
    expect.that(
        refused[:1] == [policy.quota + 1],
        observed,
        expected=f"request {policy.quota + 1} is the first that is refused",
        shown=shown[-most_shown:],
        defect=defect_of(refused[0] - policy.quota - 1) if refused else missing_limit(policy),
    )


def defect_of(too_many: int) -> str:
    """Return which defect of all limits a number of requests shows that were admitted beyond a quota."""
    return f"limits admit {too_many} request{'' if too_many == 1 else 's'} too many" if too_many > 0 else ""


# In place of a 429 these faults answer with another error. A fault has no content for a success at hand, and a 200
# without it would break more than the limits, such as a sign-in that the suite itself needs. The law is content with
# errors: most of its requests name an item that does not exist, or have no valid content.


@fault(test_quota_is_exact, statuses=(429,))
def limiter_is_off(request: Request, answer: Answer) -> None:
    """The limiter never refuses anyone."""
    answer.become(400)


@fault(test_quota_is_exact)
def quota_is_short(request: Request, answer: Answer) -> None:
    """Every third request of a caller is refused."""
    caller = (request.client, request.headers.get("authorization"))
    if request.times(caller) % 3 == 0:
        answer.become(429)


@fault(test_quota_is_exact, statuses=(429,))
def longer_windows_never_refuse(request: Request, answer: Answer) -> None:
    """Of several policies only the one with the shortest window refuses."""
    counts_several = "," in answer.headers.get("ratelimit", ",")
    seconds = int(answer.headers.get("retry-after", "0"))
    if counts_several and seconds > 60:
        answer.become(404)


@fault(test_quota_is_exact, statuses=(429,))
def refused_requests_are_free(request: Request, answer: Answer) -> None:
    """Requests that are answered with an error are not counted."""
    if request.times(request.client) <= 3:
        answer.become(422)
