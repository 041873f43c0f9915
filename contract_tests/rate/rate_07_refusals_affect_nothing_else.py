"""RATE-07: refusals affect nothing else."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from bookplate import Needs, expect, experiment, fault
from bookplate.contract import Policy, is_limited, put
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas, User, announced, with_members
from bookplate.wire import Exchange

from ._shared import Attempt, expect_limits_for_the_caller_alone


@experiment(
    "RATE-07",
    source="OWASP API2:2023; OWASP API4:2023; #/x-rate-limit",
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_refusals_affect_nothing_else(quotas: Quotas) -> None:
    """
    A caller refused by one policy still gets preflights and public reads that this policy does not count.

    A read is tried only where every policy that it shares with the refused request, such as a limit for a day, still
    has requests left. A refused creation makes nothing. A refused log-in is refused with the right secret too. Where the
    document says that the other policies count what one refuses, each of these announces one request less after it.

    Why it matters: a browser that gets no preflight cannot read why it is refused, and health checks that are refused
    take a good server out of service. If the right secret still worked, an attacker could go on guessing.

    To mend it: give each policy a key and a count of its own, and count in all policies of an operation before any
    of them refuses. Let preflights and health go past the limiter, and refuse before the request is carried out.
    """
    expect_limits_for_the_caller_alone(quotas, requests_beside)


def expect_counted_by_others(policy: Policy, caller: Caller, refused: Exchange) -> None:
    """Send a request that is refused once more, and expect each policy with a longer window to have one less left."""
    again = caller.send()
    longer = [each for each in caller.quotas.operation.policies if each.window > policy.window]
    before, after = announced(refused, policies=longer), announced(again, policies=longer)
    for name in [each.name for each in longer if caller.address and each.name in before.keys() & after.keys()]:
        left, later = before[name].get("r"), after[name].get("r")
        if again.status == 429 and type(left) is int and left > 0:
            expect.equal(
                later,
                left - 1,
                what=f"what RateLimit says is left of {name}, after a request that was refused for another limit",
                shown=[refused, again],
            )


PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}


def requests_beside(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Attempt]:
    """Send the requests that a refused caller may still send, then one that would have an effect."""
    if caller.quotas.resources.document.limits.counts_refused:
        expect_counted_by_others(policy, caller, spent[-1])
    yield from public_reads(policy, caller, spent)
    yield from preflights(caller)
    if policy.counts == "failures" and caller.user and caller.quotas.operation.role:
        yield log_in(caller, caller.user)
    elif caller.quotas.operation.unique and caller.quotas.operation.adds:
        yield from creation(policy, caller, spent)


def public_reads(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Attempt]:
    """Read what needs no token and is counted by other policies, or by none."""
    operation = caller.quotas.operation
    operations = caller.quotas.resources.document.operations
    public = [each for each in operations if each.method == "GET" and not each.secured]
    most_sent = len(spent) + len(public)
    for other in public:
        is_settled = other.names_policies or other.default is not None
        shared = [each for each in other.policies if each in operation.policies]
        has_enough_left = all(each.quota > most_sent for each in shared)
        if is_settled and policy not in shared and has_enough_left:
            yield Attempt(other.id, is_refused=False, answer=caller.send(form=other, body=b""))


def preflights(caller: Caller) -> Iterator[Attempt]:
    """Send a preflight, where others get an answer to it."""
    quotas = caller.quotas
    preflight = replace(quotas.operation, id="", method="OPTIONS")
    elsewhere = quotas.resources.users.new_client_address()
    usual = caller.send(PREFLIGHT, form=preflight, body=b"", address=elsewhere)
    if usual.status < 300:
        answer = caller.send(PREFLIGHT, form=preflight, body=b"")
        yield Attempt("a preflight", is_refused=False, answer=answer)


def log_in(caller: Caller, user: User) -> Attempt:
    """Log in with the right secret, after too many wrong ones."""
    body = deepcopy(caller.body)
    put(body, caller.quotas.operation.role_pointer("secret"), user.secret)
    return Attempt("the right secret", is_refused=True, answer=caller.send(body=body))


def creation(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Attempt]:
    """Create something as the refused caller, and again as another one: a conflict shows that it was made."""
    quotas = caller.quotas
    body = unique_content(quotas)

    refused = caller.send(body=body)
    yield Attempt("good content", is_refused=True, answer=refused)

    late = quotas.new_caller(policy).send(body=body)
    observed = "what was refused has been made"
    expect.that(late.status != 409, observed, expected="no effect", shown=[*spent, refused, late])


def unique_content(quotas: Quotas) -> Any:
    """Return content that nothing stands against: nobody has taken its unique values."""
    samples = quotas.resources.samples
    fresh = {name: samples.equivalent(schema)[0] for name, schema in quotas.operation.unique.items()}
    return with_members(samples.body(quotas.operation), fresh)


@fault(test_refusals_affect_nothing_else)
def limiter_comes_last(request: Request, answer: Answer) -> None:
    """A request is refused after it has been carried out."""
    count = request.times((request.client, request.path))
    if count > 8 and request.method == "POST":
        answer.become(429)


@fault(test_refusals_affect_nothing_else)
def one_refusal_refuses_everywhere(request: Request, answer: Answer) -> None:
    """A caller that is refused at one operation is refused at every read."""
    if answer.status == 429:
        request.remember(request.client)
    elif request.client in request.memory and request.method == "GET" and "/health" not in request.path:
        answer.become(429)


@fault(test_refusals_affect_nothing_else, statuses=(429,))
def longer_windows_count_no_refusals(request: Request, answer: Answer) -> None:
    """What one policy refuses is not counted by the policies with a longer window."""
    caller = (request.client, request.path)
    given_back = request.times(caller) - 1
    answer.headers["ratelimit"] = re.sub(
        r'("[a-z]+-(?:hour|day)";r=)(\d+)',
        lambda found: f"{found[1]}{int(found[2]) + given_back}",
        answer.headers.get("ratelimit", ""),
    )


@fault(test_refusals_affect_nothing_else)
def preflights_are_limited(request: Request, answer: Answer) -> None:
    """The preflights of a refused caller are refused."""
    if answer.status == 429:
        request.remember(request.client)
    elif request.client in request.memory and request.method == "OPTIONS":
        answer.become(429)


@fault(test_refusals_affect_nothing_else)
def health_is_limited(request: Request, answer: Answer) -> None:
    """Health checks are refused for a limit."""
    if "/health" in request.path:
        answer.become(429)


@fault(test_refusals_affect_nothing_else, statuses=(429,))
def failures_are_not_counted(request: Request, answer: Answer) -> None:
    """Wrong secrets are never refused for a limit."""
    if b"not " in request.body:
        answer.become(401, {})
