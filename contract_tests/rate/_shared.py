"""What several RATE laws use."""

from collections.abc import Callable, Iterator

from bookplate import Violation
from bookplate.contract import Operation, Policy
from bookplate.fixtures import Caller, Quotas, promises
from bookplate.wire import Exchange

DRAFT = "draft-ietf-httpapi-ratelimit-headers-11"


def announces(operation: Operation) -> bool:
    return bool(operation.policies) and promises(operation, operation.success.status)


def retry_after(answer: Exchange) -> int | None:
    """Return the seconds that an answer asks to wait; None where it does not ask, Violation where it is unreadable."""
    text = answer.header("retry-after")
    if text is None or (text.isascii() and text.isdigit()):
        return None if text is None else int(text)
    try:
        return answer.until(text)
    except (ValueError, TypeError) as problem:
        raise Violation(f"Retry-After is '{text}'", expected="whole seconds or a date") from problem


NOT_SERVED = (301, 307, 308, 404, 405)


# What was tried, whether it has to be refused, and the answer.
Trial = tuple[str, bool, Exchange]


Trials = Callable[[Policy, Caller, list[Exchange]], Iterator[Trial]]


def refused_alone(quotas: Quotas, trials: Trials) -> str:
    """Exhaust each policy, and let of what follows be refused what has to be, and nothing else."""
    for policy in quotas.own():
        caller, answers = quotas.exhausted(policy)
        for name, refused, answer in trials(policy, caller, answers):
            if refused != (answer.status == 429) and not (refused and answer.status in NOT_SERVED):
                expected, shown = "429" if refused else "not 429", [*answers, answer]
                raise Violation(f"{policy.name} spent, {name}: {answer.describe()}", expected=expected, exchanges=shown)
    return quotas.elsewhere()
