"""What several RATE laws use."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bookplate import Violation, expect, partly
from bookplate.contract import Operation, Policy
from bookplate.fixtures import Caller, Quotas, promises
from bookplate.wire import Exchange

DRAFT = "draft-ietf-httpapi-ratelimit-headers-11"
# A request in another form may lead nowhere, or to another place: then nothing was gained by it.
NOT_SERVED = (301, 307, 308, 404, 405)


def announces(operation: Operation) -> bool:
    """It has policies, and its successes are documented to carry RateLimit."""
    return len(operation.policies) > 0 and promises(operation, operation.success.status)


def retry_after(answer: Exchange) -> int | None:
    """Return the seconds that Retry-After asks to wait; None without that field, Violation where it is unreadable."""
    text = answer.header("retry-after")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return answer.until(text)
    except (ValueError, TypeError) as problem:
        raise Violation(f"{answer.summary()} with Retry-After: {text}", expected="whole seconds or a date") from problem


class Attempt(NamedTuple):
    """A request that was sent when a policy was exhausted: its description, whether it has to be refused, the answer."""

    description: str
    is_refused: bool
    answer: Exchange


# Sends requests beside a policy, a caller that has exhausted it, and the answers to that caller so far.
Attempts = Callable[[Policy, Caller, list[Exchange]], Iterator[Attempt]]


def expect_limits_for_the_caller_alone(quotas: Quotas, attempts: Attempts) -> None:
    """Exhaust each policy, send the attempts, and expect 429 for those that have to be refused and for no other."""
    for policy, trial in expect.each(quotas.own()):
        with trial:
            caller, answers = quotas.exhausted(policy)
            for attempt, trial_of_attempt in expect.each(attempts(policy, caller, answers)):
                with trial_of_attempt:
                    expect_right(policy, attempt, after=answers)
    partly(quotas.elsewhere(), tested=quotas.tested())


def expect_right(policy: Policy, attempt: Attempt, *, after: list[Exchange]) -> None:
    """Expect an attempt to be refused exactly where it has to be; not being served is as good as a refusal."""
    status = attempt.answer.status
    is_refused = status == 429 or (attempt.is_refused and status in NOT_SERVED)
    observed = f"the limit {policy.name} is spent, and {attempt.description}: {attempt.answer.describe()}"
    expected = "429" if attempt.is_refused else "not 429"
    expect.that(is_refused == attempt.is_refused, observed, expected=expected, shown=[*after, attempt.answer])
