"""RATE-03: retry after is honest."""

import re
import time

from bookplate import Needs, NotChecked, expect, experiment, fault, partly
from bookplate.contract import Policy, is_limited
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas, announced
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

    Where the document says that windows are fixed, the wait ends with the window: a caller is refused until some seconds
    before, and is told to wait no longer than the window. RateLimit announces the whole window, as t, to the first request
    of each, and less by the time that has passed to a later one.

    Why it matters: clients wait as long as they are told and then send again. Too short a time makes them send into the
    limit again and again; too long a time keeps their users waiting for nothing.

    To mend it: compute Retry-After from the end of the window that refuses, rounded up. Do not count requests that
    were refused, and let nothing that was refused begin the window anew.
    """
    quickest = min(quotas.resources.document.policies.values(), key=lambda policy: policy.window)
    for policy in quotas.own():
        caller, answers = quotas.exhausted(policy)
        refusal = answers[-1]
        seconds = retry_after(refusal)
        if seconds is None or outlives_the_token(caller, seconds):
            raise NotChecked(f"{policy.name}: no Retry-After, or one later than the end of the caller's token")
        early = seconds_too_early(policy, seconds)
        started = time.monotonic()
        if policy.is_fixed:
            expect_begun(quotas, policy, answers[0])
            observed = (
                f"the limit {policy.name} has a window of {policy.window} s, and Retry-After asks to wait {seconds} s"
            )
            most = policy.window + ROUNDED
            expect.that(seconds <= most, observed, expected=f"at most {policy.window} s", shown=[refusal])
        after = f"s after the answer that says {seconds}"

        if early:
            quotas.let_pass(early)
            too_early = caller.send()
            if too_early.status != 429 and time.monotonic() - started >= seconds - early - ROUNDED - 1:
                raise NotChecked(f"{policy.name}: the target is too slow for it")
            observed = f"{policy.name}: {too_early.describe()} {early} {after}"
            expect.that(too_early.status == 429, observed, expected="429", shown=[refusal, too_early])
            refusal = too_early

        quotas.let_pass(seconds - early, really=REALLY if policy is quickest else 0)
        in_time = caller.send()

        if in_time.status == 429 and early and (retry_after(refusal) or 0) >= seconds:
            require_a_clock_that_moves(quotas, policy, caller, in_time)
        observed = f"{policy.name}: {in_time.describe()} {seconds} {after}"
        expect.that(in_time.status != 429, observed, expected="not 429", shown=[refusal, in_time])
        if policy.is_fixed and policy.window > LATER:
            expect_begun(quotas, policy, in_time)
            expect_less_left(quotas, policy, caller, in_time)
    partly(quotas.elsewhere(), tested=quotas.tested())


# The seconds of Retry-After that are waited out, so that it is not only the moved clock that says that it is true.
REALLY = 2


# Where windows are fixed: a caller is refused until so many seconds before it is told to come back, and a later request is
# sent after so many. A time to wait may be rounded, and a date is one second at least.
LEFT, LATER, ROUNDED = 6, 3, 2


def seconds_too_early(policy: Policy, seconds: int) -> int:
    """Return after how many seconds a caller that was told to wait is still refused; 0 where they are too few to tell."""
    half = (seconds - 1) // 2 if seconds > 2 * REALLY else 0
    return max(half, seconds - LEFT) if policy.is_fixed and half else half


def time_left(quotas: Quotas, policy: Policy, answer: Exchange) -> int | None:
    """Return the t that RateLimit announces for a policy; None where it announces none that is a whole number."""
    told = announced(answer, policies=quotas.operation.policies).get(policy.name, {}).get("t")
    return told if type(told) is int else None


def expect_begun(quotas: Quotas, policy: Policy, answer: Exchange) -> None:
    """Expect the first answer of a fixed window to announce that the whole of it is left, but for a second."""
    told = time_left(quotas, policy, answer)
    observed = f"the first answer of a window of the limit {policy.name} announces its end in {told} s (t)"
    expect.that(
        told is None or told >= policy.window - 1, observed, expected=f"{policy.window} s, as it begins", shown=[answer]
    )


def expect_less_left(quotas: Quotas, policy: Policy, caller: Caller, first: Exchange) -> None:
    """Let some seconds of a fixed window pass, and expect t to be less by them."""
    quotas.let_pass(LATER)
    later = caller.send()
    told = time_left(quotas, policy, later)
    observed = (
        f"{LATER} s into a window of {policy.window} s, the limit {policy.name} announces its end in {told} s (t)"
    )
    expected = f"at most {policy.window - LATER} s"
    expect.that(told is None or told <= policy.window - LATER, observed, expected=expected, shown=[first, later])


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


@fault(test_retry_after_is_honest, statuses=(429,))
def wait_is_longer_than_the_window(request: Request, answer: Answer) -> None:
    """Retry-After is a quarter longer than what is left of the window."""
    answer.headers["retry-after"] = str(int(answer.headers["retry-after"]) * 5 // 4)


@fault(test_retry_after_is_honest)
def windows_begin_with_the_half_minute(request: Request, answer: Answer) -> None:
    """RateLimit announces that half a minute is left of each window, whenever it began."""
    answer.edit("ratelimit", r"t=\d+", "t=30")


@fault(test_retry_after_is_honest)
def time_left_never_changes(request: Request, answer: Answer) -> None:
    """RateLimit announces for each policy the longest t that it ever had."""
    known = request.memory.setdefault("longest", {})
    for name, seconds in re.findall(r'"([a-z-]+)";r=\d+;t=(\d+)', answer.headers.get("ratelimit", "")):
        known[name] = max(known.get(name, 0), int(seconds))
        answer.edit("ratelimit", rf'("{name}";r=\d+;t=)\d+', rf"\g<1>{known[name]}")
