"""RATE-03: retry after is honest."""

import time

from bookplate import Needs, NotChecked, expect, experiment, fault, partly
from bookplate.contract import Policy, is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas
from bookplate.wire import Exchange

from ._shared import retry_after


@experiment(
    "RATE-03",
    source="RFC 6585, section 4; RFC 9110, section 10.2.3",
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_retry_after_is_honest(quotas: Quotas) -> None:
    """
    A caller that waits as long as Retry-After says is admitted; one that waits less than half as long is refused.

    The clock of the target is moved. The policy with the shortest window is also waited for, a little, in real time. Where
    each refusal names the whole time anew, a real wait tells a limit that begins anew with each refusal from one that does
    not follow the moved clock: of the latter a part has then passed.

    Why it matters: clients wait as long as they are told and then send again. Too short a time makes them send into the
    limit again and again; too long a time keeps their users waiting for nothing.
    """
    quickest = min(quotas.resources.document.policies.values(), key=lambda policy: policy.window)
    for policy in quotas.own():
        caller, answers = quotas.exhausted(policy)
        refusal = answers[-1]
        seconds = retry_after(refusal)
        if seconds is None or outlives_the_token(caller, seconds):
            raise NotChecked(f"{policy.name}: no Retry-After, or one later than the end of the caller's token")
        early = (seconds - 1) // 2 if seconds > 2 * REALLY else 0
        after = f"s after the answer that says {seconds}"

        if early:
            quotas.let_pass(early)
            too_early = caller.send()
            observed = f"{policy.name}: {too_early.describe()} {early} {after}"
            expect.that(too_early.status == 429, observed, expected="429", shown=[refusal, too_early])
            refusal = too_early

        quotas.let_pass(seconds - early, really=REALLY if policy is quickest else 0)
        in_time = caller.send()

        if in_time.status == 429 and early and (retry_after(refusal) or 0) >= seconds:
            require_a_clock_that_moves(quotas, policy, caller, in_time)
        observed = f"{policy.name}: {in_time.describe()} {seconds} {after}"
        expect.that(in_time.status != 429, observed, expected="not 429", shown=[refusal, in_time])
    partly(quotas.elsewhere(), tested=quotas.tested())


# The seconds of Retry-After that are waited out, so that it is not only the moved clock that says that it is true.
REALLY = 2


def require_a_clock_that_moves(quotas: Quotas, policy: Policy, caller: Caller, refusal: Exchange) -> None:
    """
    Wait a little, and ask again; NotChecked where the time that is left has become shorter by that, or never changes.

    Then the limit runs by the real clock. Where the whole time is named again, the clock is moved once more, with no request
    in between: a limit that follows the clock admits the caller then, and began anew with each refusal before.
    """
    if quotas.resources.users.instance.clock is None:
        return  # what has been waited was real
    told = retry_after(refusal) or 0
    quotas.let_pass(REALLY, really=REALLY)
    after_a_wait = caller.send()
    left = retry_after(after_a_wait)
    if after_a_wait.status != 429 or left is None or left < told:
        raise NotChecked(f"{policy.name} does not follow the clock that the suite moves")
    quotas.let_pass(told)
    if caller.send().status == 429:
        raise NotChecked(f"{policy.name} does not follow the clock that the suite moves, and always names one time")


def outlives_the_token(caller: Caller, seconds: int) -> bool:
    """Tell whether the caller's token ends within these seconds: with another one it is another caller."""
    if not caller.is_signed_in or caller.user is None:
        return False
    return caller.user.expires_in <= seconds


@fault(test_retry_after_is_honest, statuses=(429,))
def retry_after_is_a_second(request: Request, answer: Answer) -> None:
    """Retry-After is always one second."""
    answer.headers["retry-after"] = "1"


@fault(test_retry_after_is_honest)
def window_never_ends(request: Request, answer: Answer) -> None:
    """A caller that was refused once is refused for ever."""
    if answer.status == 429:
        request.remember(request.client)
    elif request.client in request.memory:
        answer.become(429)
        answer.headers["retry-after"] = "1"


@fault(test_retry_after_is_honest)
def each_refusal_begins_the_window_anew(request: Request, answer: Answer) -> None:
    """A caller that asks while it is refused has to wait for the whole time once more."""
    caller = (request.client, request.path)
    until, seconds = request.memory.get(caller, (0.0, 0))
    if answer.status == 429:
        seconds = max(seconds, int(answer.headers.get("retry-after", "1")))
    elif time.time() < until:
        answer.become(429)
    if answer.status == 429:
        answer.headers["retry-after"] = str(seconds)
        request.memory[caller] = (time.time() + seconds, seconds)
