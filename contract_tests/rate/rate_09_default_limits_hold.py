"""RATE-09: default limits hold."""

from dataclasses import replace

from bookplate import Needs, NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_exempt, is_limited_by_default
from bookplate.faults import Answer, Request
from bookplate.fixtures import DEAREST, Quotas, announced, promises
from bookplate.wire import Exchange


def is_settled_by_default(operation: Operation) -> bool:
    """The default policies count it because it names none, or leave it alone because it names an empty list."""
    return is_limited_by_default(operation) or is_exempt(operation)


@experiment(
    "RATE-09",
    source="#/x-rate-limit/default",
    owasp=("API4:2023",),
    applies=is_settled_by_default,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_default_limits_hold(operation: Operation, quotas: Quotas) -> None:
    """
    An operation that names no policies is limited by the default ones; one that names an empty list is never limited.

    The first is exhausted, and its answers announce one of the default policies. The second gets one request more than
    the default policies admit, and its answers announce no limit. Where the document says what limits requests that lead to
    no operation, a caller that has exhausted such a policy is refused at an unknown path too.

    Why it matters: operations without a word about limits are the ones that nobody thought of, and an attacker finds
    them. A limit on health checks, which name the empty list, takes good servers out of service.

    To mend it: look the policies of an operation up in the document: those that it names, none for an empty list,
    else the default ones. Let unknown paths pass the limiter too, in front of the router.
    """
    if is_exempt(operation):
        expect_never_limited(quotas)
    else:
        expect_limited(quotas)


UNKNOWN = "/no-such-path-at-all"
LIMIT_FIELDS = ("ratelimit", "ratelimit-policy")


def expect_limited(quotas: Quotas) -> None:
    """Exhaust a default policy, and expect the first answer to announce one of them where that is promised."""
    operation = quotas.operation
    policy = quotas.reachable()[0]

    caller, answers = quotas.exhausted(policy)

    first = answers[0]
    names = [each.name for each in operation.policies]
    if promises(operation, first.status):
        observed = f"{first.summary()} with RateLimit: {first.header('ratelimit') or 'none'}"
        is_announced = bool(announced(first, policies=operation.policies).keys() & set(names))
        expect.that(is_announced, observed, expected=f"what {' or '.join(names)} still admits", shown=[first])
    limits = quotas.resources.document.limits
    if limits.says("unrouted") and policy in quotas.resources.document.unrouted_policies and not caller.is_signed_in:
        unknown = replace(operation, id="", method="GET", path=UNKNOWN, parameters=())
        elsewhere = caller.send(form=unknown, body=None)
        what = f"the limit {policy.name} is spent, and an unknown path"
        expect.status(429, elsewhere, what=what, after=answers[-1:])
    partly(quotas.unreached(), tested=policy.name)


def expect_never_limited(quotas: Quotas) -> None:
    """Send one request more than the default policies admit, and expect each answer to be without a limit."""
    default = [each for each in quotas.operation.default or () if each.by != "body"]
    if not default:
        raise NotChecked(
            "the default policies look at the content: nothing says what the operation would be limited by"
        )
    small = [each for each in default if each.quota <= DEAREST]
    large = [each.name for each in default if each.quota > DEAREST]
    caller = quotas.new_caller(default[0])

    for _ in range(max((each.quota for each in small), default=0) + 1):
        expect_no_limit(caller.send())

    if large:
        tested = ", ".join(each.name for each in small) or "one request"
        partly(f"{', '.join(large)}: it takes too many requests", tested=tested)


def expect_no_limit(answer: Exchange) -> None:
    """Expect an answer that neither refuses for a limit nor announces one."""
    has_limit = answer.status == 429 or any(answer.header(name) is not None for name in LIMIT_FIELDS)
    observed = f"{answer.describe()}, RateLimit: {answer.header('ratelimit') or 'none'}"
    expect.that(not has_limit, observed, expected="no limit", shown=[answer])


@fault(test_default_limits_hold, statuses=(429,))
def default_never_refuses(request: Request, answer: Answer) -> None:
    """The default policies never refuse anyone."""
    answer.become(404)


@fault(test_default_limits_hold)
def default_is_not_announced(request: Request, answer: Answer) -> None:
    """No answer announces the default policies."""
    for name in LIMIT_FIELDS:
        answer.headers.pop(name, None)


@fault(test_default_limits_hold, statuses=(429,))
def unknown_paths_are_free(request: Request, answer: Answer) -> None:
    """A path that does not exist is never refused for a limit."""
    if request.path.endswith(UNKNOWN):
        answer.become(404)


@fault(test_default_limits_hold)
def empty_list_counts_as_unsaid(request: Request, answer: Answer) -> None:
    """An operation that names an empty list is limited by the default policies."""
    caller = (request.client, request.headers.get("authorization"))
    if "/health" in request.path and request.times(caller) > 60:
        answer.become(429)


@fault(test_default_limits_hold)
def exempt_operation_announces(request: Request, answer: Answer) -> None:
    """An operation without a limit announces that of others."""
    if "/health" in request.path:
        answer.headers["ratelimit"] = '"reads";r=59;t=60'
