"""RATE-01: quota is exact."""

from bookplate import Needs, NotChecked, Violation, experiment, fault
from bookplate.contract import Policy, is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import DEAREST, Quotas
from bookplate.wire import Exchange


@experiment("RATE-01", source="#/x-rate-limit", applies=is_limited, needs={Needs.DOCUMENTED_LIMITS})
def test_quota_is_exact(quotas: Quotas) -> str:
    """
    A caller gets exactly the announced quota of a window: the first q requests are admitted, the next one is not.

    A longer window is put to the test at one operation, with pauses in which the shorter ones end.
    """
    for policy in quotas.reachable():
        answers = quotas.spend(policy, policy.quota + 1)
        if sum(answer.seconds for answer in answers) > policy.window:
            raise NotChecked(f"{policy.name}: {policy.quota} requests take longer than a window")
        last_alone_is_refused(policy, answers)
    said = [quotas.elsewhere_longer()]
    for policy in quotas.longer():
        try:
            answers = quotas.send_with_pauses(quotas.new_caller(policy), policy, policy.quota + 1)
            last_alone_is_refused(policy, answers, most=2)
        except NotChecked as reason:
            # The shortest window was put to the test.
            said.append(f"not checked: {policy.name}: {reason}")
    return "; ".join(filter(None, said))


def last_alone_is_refused(policy: Policy, answers: list[Exchange], *, most: int = DEAREST + 1) -> None:
    """Raise Violation where the first refusal is not that of the request after the quota; show at most so many exchanges."""
    first = next((number for number, answer in enumerate(answers, start=1) if answer.status == 429), 0)
    if first != policy.quota + 1:
        observed = f"{policy.name}: {f'request {first}' if first else 'none'} of {len(answers)} is refused"
        shown = answers[: first or None][-most:]
        raise Violation(observed, expected=f"request {policy.quota + 1} is", exchanges=shown)


@fault(test_quota_is_exact, statuses=(429,))
def limiter_is_off(request: Request, answer: Answer) -> None:
    """Nobody is ever refused."""
    answer.become(400)


@fault(test_quota_is_exact)
def quota_is_short(request: Request, answer: Answer) -> None:
    """Every third request of a caller is refused."""
    caller = (request.client, request.headers.get("authorization"))
    answer.become(429, where=request.times(caller) % 3 == 0)


@fault(test_quota_is_exact, statuses=(429,))
def longer_windows_never_refuse(request: Request, answer: Answer) -> None:
    """Of several windows at once only the shortest is kept."""
    several = "," in answer.headers.get("ratelimit", ",")
    answer.become(404, where=several and int(answer.headers.get("retry-after", "0")) > 60)


@fault(test_quota_is_exact, statuses=(429,))
def refused_requests_are_free(request: Request, answer: Answer) -> None:
    """Who only makes mistakes is never refused."""
    answer.become(422, where=request.times(request.client) <= 3)
