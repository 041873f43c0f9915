"""RATE-09: default limits hold."""

from bookplate import Needs, NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_exempt, is_limited_by_default
from bookplate.faults import Answer, Request
from bookplate.fixtures import DEAREST, Quotas, announced, promises
from bookplate.wire import Exchange

LIMITED = ("ratelimit", "ratelimit-policy")


def is_settled_by_default(operation: Operation) -> bool:
    """The default policies count it because it names none, or leave it alone because it names an empty list."""
    return is_limited_by_default(operation) or is_exempt(operation)


@experiment("RATE-09", source="#/x-rate-limit/default", applies=is_settled_by_default, needs={Needs.DOCUMENTED_LIMITS})
def test_default_limits_hold(operation: Operation, quotas: Quotas) -> str:
    """An operation that names no policies is limited by the default ones; one that names an empty list never is."""
    if is_exempt(operation):
        return is_never_limited(quotas)
    for policy in quotas.reachable()[:1]:
        _, answers = quotas.exhausted(policy)
        first = answers[0]
        if promises(operation, first.status) and not announced(first).keys() & {
            each.name for each in operation.policies
        }:
            observed = f"RateLimit is {first.header('ratelimit') or 'absent'}"
            names = " or ".join(each.name for each in operation.policies)
            raise Violation(observed, expected=f"what {names} still admits", exchanges=[first])
    return quotas.unreached()


def is_never_limited(quotas: Quotas) -> str:
    """Send an exempt operation one request more than the default policies admit; return which of these are too large."""
    default = [each for each in quotas.operation.default or () if each.by != "body"]
    if not default:
        raise NotChecked(
            "the default policies look at the content: nothing says what the operation would be limited by"
        )
    small = [each for each in default if each.quota <= DEAREST]
    caller = quotas.new_caller(default[0])
    for _ in range(max((each.quota for each in small), default=0) + 1):
        require_no_limit(caller.send())
    large = [each.name for each in default if each not in small]
    return f"not checked: {', '.join(large)}: it takes too many requests" if large else ""


def require_no_limit(answer: Exchange) -> None:
    """Raise Violation where an answer refuses for a limit, or announces one."""
    if answer.status == 429 or any(answer.header(name) is not None for name in LIMITED):
        observed = f"{answer.describe()}, RateLimit: {answer.header('ratelimit') or 'none'}"
        raise Violation(observed, expected="no limit", exchanges=[answer])


@fault(test_default_limits_hold, statuses=(429,))
def default_never_refuses(request: Request, answer: Answer) -> None:
    """An operation that names no policies has no limit."""
    answer.become(404)


@fault(test_default_limits_hold)
def default_is_not_announced(request: Request, answer: Answer) -> None:
    """What counts by default is announced nowhere."""
    for name in LIMITED:
        answer.headers.pop(name, None)


@fault(test_default_limits_hold)
def empty_list_counts_as_unsaid(request: Request, answer: Answer) -> None:
    """An empty list is taken for no list, and gets the default."""
    caller = (request.client, request.headers.get("authorization"))
    answer.become(429, where="/health" in request.path and request.times(caller) > 60)


@fault(test_default_limits_hold)
def exempt_operation_announces(request: Request, answer: Answer) -> None:
    """What has no limit announces that of others."""
    if "/health" in request.path:
        answer.headers["ratelimit"] = '"reads";r=59;t=60'
