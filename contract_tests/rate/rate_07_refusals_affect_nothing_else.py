"""RATE-07: refusals affect nothing else."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from bookplate import Needs, Violation, experiment, fault
from bookplate.contract import Policy, is_limited, put
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas
from bookplate.wire import Exchange

from ._shared import Trial, refused_alone

PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}


@experiment(
    "RATE-07",
    source="OWASP API2:2023; OWASP API4:2023; #/x-rate-limit",
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_refusals_affect_nothing_else(quotas: Quotas) -> str:
    """
    Whoever is refused still gets answers to preflights and from what other policies limit, or none.

    Of the windows that both share, such as that of a day, others have enough left.
    A refused creation makes nothing, and a refused log-in does not tell the right secret from a wrong one.
    """
    return refused_alone(quotas, neighbours)


def neighbours(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Trial]:
    """Send what a refused caller may still ask for, and what would have an effect."""
    quotas, operation = caller.quotas, caller.quotas.operation
    public = [each for each in quotas.resources.document.operations if each.method == "GET" and not each.secured]
    for other in public:
        says = other.names_policies or other.default is not None
        shared = [each for each in other.policies if each in operation.policies]
        if says and policy not in shared and all(each.quota > len(spent) + len(public) for each in shared):
            yield other.id, False, caller.send(form=other, body=b"")
    preflight = replace(operation, id="", method="OPTIONS")
    if (
        caller.send(PREFLIGHT, form=preflight, body=b"", address=quotas.resources.users.new_client_address()).status
        < 300
    ):
        yield "a preflight", False, caller.send(PREFLIGHT, form=preflight, body=b"")
    if policy.counts == "failures" and caller.user and operation.role:
        right = deepcopy(caller.body)
        put(right, operation.role_pointer("secret"), caller.user.secret)
        yield "the right secret", True, caller.send(body=right)
    elif operation.unique and operation.creates:
        fresh = {name: quotas.resources.samples.twins(schema)[0] for name, schema in operation.unique.items()}
        content = {**quotas.resources.samples.body(operation), **fresh}
        yield "good content", True, (refused := caller.send(body=content))
        late = quotas.new_caller(policy).send(body=content)
        if late.status == 409:
            raise Violation("what was refused has been made", expected="no effect", exchanges=[*spent, refused, late])


@fault(test_refusals_affect_nothing_else)
def limiter_comes_last(request: Request, answer: Answer) -> None:
    """What is refused has been done before."""
    answer.become(429, where=request.times((request.client, request.path)) > 8 and request.method == "POST")


@fault(test_refusals_affect_nothing_else)
def one_refusal_refuses_everywhere(request: Request, answer: Answer) -> None:
    """Whom the lists refuse is refused the items too."""
    refused = request.before(request.client, answer.status == 429)
    answer.become(429, where=refused and request.method == "GET" and "/health" not in request.path)


@fault(test_refusals_affect_nothing_else)
def preflights_are_limited(request: Request, answer: Answer) -> None:
    """A browser that is refused cannot even learn so."""
    answer.become(429, where=request.before(request.client, answer.status == 429) and request.method == "OPTIONS")


@fault(test_refusals_affect_nothing_else)
def health_is_limited(request: Request, answer: Answer) -> None:
    """Whoever watches the service is refused with its users."""
    answer.become(429, where="/health" in request.path)


@fault(test_refusals_affect_nothing_else, statuses=(429,))
def failures_are_not_counted(request: Request, answer: Answer) -> None:
    """Passwords can be guessed for ever."""
    answer.become(401, {}, where=b"not " in request.body)
