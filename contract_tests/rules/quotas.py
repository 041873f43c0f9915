"""Quotas: whose they are, what they leave alone, and that they hold when many ask at once."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ..accounts import told
from ..client import race
from ..exchange import Exchange
from ..fault import Answer, Request
from ..limits import Limits, Spender
from ..operation import Policy, is_limited, takes_tokens
from ..pointer import put
from ..rule import Violation, experiment

FORWARDED = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "True-Client-IP"), "203.0.113.9")
DISGUISES = {**FORWARDED, "Forwarded": "for=203.0.113.9", "User-Agent": "another", "Connection": "close"}
PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
NOT_SERVED = (301, 307, 308, 404, 405)
LEFT, MORE = 4, 16

# What was tried, whether it has to be refused, and the answer.
Trial = tuple[str, bool, Exchange]
Trials = Callable[[Policy, Spender, list[Exchange]], Iterator[Trial]]


def refused_alone(limits: Limits, trials: Trials) -> str:
    """Exhaust each policy, and let of what follows be refused what has to be, and nothing else."""
    for policy in limits.own():
        spender, answers = limits.exhausted(policy)
        for name, refused, answer in trials(policy, spender, answers):
            if refused != (answer.status == 429) and not (refused and answer.status in NOT_SERVED):
                expected, shown = "429" if refused else "not 429", [*answers, answer]
                raise Violation(f"{policy.name} spent, {name}: {told(answer)}", expected=expected, exchanges=shown)
    return limits.elsewhere()


@experiment("RATE-06", source="OWASP API4:2023; OWASP API2:2023", applies=is_limited, limits=True)
def callers_are_told_apart(limits: Limits) -> str:
    """What a caller has spent limits nobody else, and no header, spelling, method or junk makes it another caller."""
    return refused_alone(limits, identities)


def identities(policy: Policy, spender: Spender, spent: list[Exchange]) -> Iterator[Trial]:
    """Send as the same caller in disguise, then as another one."""
    limits, operation, path = spender.limits, spender.limits.operation, spender.limits.operation.path
    forms: list[dict[str, Any]] = [{"headers": {name: value}} for name, value in DISGUISES.items()]
    upper = "".join(part if part.startswith("{") else part.upper() for part in re.split(r"({\w+})", path))
    spellings = (f"{path}/", upper, f"/%{ord(path[1]):x}{path[2:]}")
    forms += [{"form": replace(operation, id="", path=spelling)} for spelling in spellings]
    forms += [{"form": replace(operation, id="", method="HEAD")}] * (operation.method == "GET")
    forms += [{"query": {"noise": "1"}}] * (policy.by != "body") + [{"address": "127.88.0.1"}] * bool(spender.account)
    counted = operation.responses.get("401", {}).get("headers", {"RateLimit": "of any token"})
    forms += [{"headers": {"Authorization": "Bearer junk"}}] * ("RateLimit" in counted and not spender.account)
    for form in forms:
        yield f"sent with {form}", True, spender.send(**form)
    yield "another caller", False, limits.spender(policy).send()
    if policy.by == "principal" and (spender.account or takes_tokens(operation)):
        yield "another account", False, spender.send(limits.shelf.accounts.throw_away().headers())


@callers_are_told_apart.broken_at(429)
def forwarded_header_is_believed(request: Request, answer: Answer) -> None:
    """Whoever sends X-Forwarded-For is who it says."""
    answer.become(200, {}, where="x-forwarded-for" in request.headers)


@callers_are_told_apart.broken_at(429)
def head_has_its_own_bucket(request: Request, answer: Answer) -> None:
    """HEAD does not share what GET has spent."""
    answer.become(200, {}, where=request.method == "HEAD")


@callers_are_told_apart.broken_at(429)
def slash_is_another_path(request: Request, answer: Answer) -> None:
    """The limiter compares paths before the router has taken the slash off."""
    answer.become(200, {}, where=request.path.endswith("/"))


@callers_are_told_apart.broken_at(429)
def junk_has_a_bucket(request: Request, answer: Answer) -> None:
    """Whatever stands in Authorization is a caller of its own."""
    answer.become(401, {}, where=request.headers.get("authorization") == "Bearer junk")


@callers_are_told_apart.broken_by
def one_bucket_for_all(request: Request, answer: Answer) -> None:
    """Once somebody is refused, everybody is."""
    answer.become(429, where=request.before(request.path, answer.status == 429))


@experiment("RATE-07", source="OWASP API2:2023; OWASP API4:2023; #/x-rate-limit", applies=is_limited, limits=True)
def refusals_touch_nothing_else(limits: Limits) -> str:
    """
    Whoever is refused still gets answers to preflights and from what other policies limit, or none.

    Of the windows that both share, such as that of a day, others have enough left.
    A refused creation makes nothing, and a refused log-in does not tell the right secret from a wrong one.
    """
    return refused_alone(limits, neighbours)


def neighbours(policy: Policy, spender: Spender, spent: list[Exchange]) -> Iterator[Trial]:
    """Send what a refused caller may still ask for, and what would have an effect."""
    limits, operation = spender.limits, spender.limits.operation
    public = [each for each in limits.shelf.document.operations if each.method == "GET" and not each.secured]
    for other in public:
        says = other.names_policies or other.default is not None
        shared = [each for each in other.policies if each in operation.policies]
        if says and policy not in shared and all(each.quota > len(spent) + len(public) for each in shared):
            yield other.id, False, spender.send(form=other, body=b"")
    preflight = replace(operation, id="", method="OPTIONS")
    if spender.send(PREFLIGHT, form=preflight, body=b"", address=limits.shelf.accounts.fresh_address()).status < 300:
        yield "a preflight", False, spender.send(PREFLIGHT, form=preflight, body=b"")
    if policy.counts == "failures" and spender.account and operation.auth_role:
        right = deepcopy(spender.body)
        put(right, operation.auth_role["secret"], spender.account.secret)
        yield "the right secret", True, spender.send(body=right)
    elif operation.unique and "201" in operation.responses:
        fresh = {name: limits.shelf.samples.twins(schema)[0] for name, schema in operation.unique.items()}
        content = {**limits.shelf.samples.body(operation), **fresh}
        yield "good content", True, (refused := spender.send(body=content))
        late = limits.spender(policy).send(body=content)
        if late.status == 409:
            raise Violation("what was refused has been made", expected="no effect", exchanges=[*spent, refused, late])


@refusals_touch_nothing_else.broken_by
def limiter_comes_last(request: Request, answer: Answer) -> None:
    """What is refused has been done before."""
    answer.become(429, where=request.times((request.client, request.path)) > 8 and request.method == "POST")


@refusals_touch_nothing_else.broken_by
def one_refusal_refuses_everywhere(request: Request, answer: Answer) -> None:
    """Whom the lists refuse is refused the items too."""
    refused = request.before(request.client, answer.status == 429)
    answer.become(429, where=refused and request.method == "GET" and "/health" not in request.path)


@refusals_touch_nothing_else.broken_by
def preflights_are_limited(request: Request, answer: Answer) -> None:
    """A browser that is refused cannot even learn so."""
    answer.become(429, where=request.before(request.client, answer.status == 429) and request.method == "OPTIONS")


@refusals_touch_nothing_else.broken_by
def health_is_limited(request: Request, answer: Answer) -> None:
    """Whoever watches the service is refused with its users."""
    answer.become(429, where="/health" in request.path)


@refusals_touch_nothing_else.broken_at(429)
def failures_are_not_counted(request: Request, answer: Answer) -> None:
    """Passwords can be guessed for ever."""
    answer.become(401, {}, where=b"not " in request.body)


@experiment("CONC-04", source="#/x-rate-limit; OWASP API4:2023", applies=is_limited, limits=True)
def quotas_hold_at_once(limits: Limits) -> str:
    """Of many requests at once exactly as many are admitted as the quota has left."""
    for policy in limits.own():
        spender, left = limits.spender(policy), min(LEFT, policy.quota)
        for _ in range(policy.quota - left):
            spender.send()
        answers = race([spender.send] * (left + MORE))
        admitted = [answer for answer in answers if answer.status != 429]
        if len(admitted) != left:
            observed = f"{policy.name}: {len(admitted)} of {len(answers)} at once admitted"
            raise Violation(observed, expected=f"the {left} left of {policy.quota}", exchanges=answers)
    return limits.elsewhere()


@quotas_hold_at_once.broken_by
def counter_is_written_late(request: Request, answer: Answer) -> None:
    """Now and then somebody reads the counter before it has been written."""
    answer.become(400, {}, where=request.times("asked") % 5 == 0 and answer.status == 429)
