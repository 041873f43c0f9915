"""RATE-06: callers are counted apart."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bookplate import Needs, experiment, fault
from bookplate.contract import Policy, is_limited, takes_tokens
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas
from bookplate.wire import Exchange

from ._shared import Trial, refused_alone

FORWARDED = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "True-Client-IP"), "203.0.113.9")


DISGUISES = {**FORWARDED, "Forwarded": "for=203.0.113.9", "User-Agent": "another", "Connection": "close"}


@experiment("RATE-06", source="OWASP API4:2023; OWASP API2:2023", applies=is_limited, needs={Needs.DOCUMENTED_LIMITS})
def test_callers_are_counted_apart(quotas: Quotas) -> str:
    """What a caller has spent limits nobody else, and no header, spelling, method or junk makes it another caller."""
    return refused_alone(quotas, identities)


def identities(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Trial]:
    """Send as the same caller in disguise, then as another one."""
    quotas, operation, path = caller.quotas, caller.quotas.operation, caller.quotas.operation.path
    forms: list[dict[str, Any]] = [{"headers": {name: value}} for name, value in DISGUISES.items()]
    upper = "".join(part if part.startswith("{") else part.upper() for part in re.split(r"({\w+})", path))
    spellings = (f"{path}/", upper, f"/%{ord(path[1]):x}{path[2:]}")
    forms += [{"form": replace(operation, id="", path=spelling)} for spelling in spellings]
    forms += [{"form": replace(operation, id="", method="HEAD")}] * (operation.method == "GET")
    forms += [{"query": {"noise": "1"}}] * (policy.by != "body") + [{"address": "127.88.0.1"}] * bool(caller.user)
    refused = operation.response(401)
    counted = not refused.headers or refused.header("RateLimit") is not None
    forms += [{"headers": {"Authorization": "Bearer junk"}}] * (counted and not caller.user)
    for form in forms:
        yield f"sent with {form}", True, caller.send(**form)
    yield "another caller", False, quotas.new_caller(policy).send()
    if policy.by == "principal" and (caller.user or takes_tokens(operation)):
        yield "another account", False, caller.send(quotas.resources.users.disposable().headers())


@fault(test_callers_are_counted_apart, statuses=(429,))
def forwarded_header_is_believed(request: Request, answer: Answer) -> None:
    """Whoever sends X-Forwarded-For is who it says."""
    answer.become(200, {}, where="x-forwarded-for" in request.headers)


@fault(test_callers_are_counted_apart, statuses=(429,))
def head_has_its_own_bucket(request: Request, answer: Answer) -> None:
    """HEAD does not share what GET has spent."""
    answer.become(200, {}, where=request.method == "HEAD")


@fault(test_callers_are_counted_apart, statuses=(429,))
def slash_is_another_path(request: Request, answer: Answer) -> None:
    """The limiter compares paths before the router has taken the slash off."""
    answer.become(200, {}, where=request.path.endswith("/"))


@fault(test_callers_are_counted_apart, statuses=(429,))
def junk_has_a_bucket(request: Request, answer: Answer) -> None:
    """Whatever stands in Authorization is a caller of its own."""
    answer.become(401, {}, where=request.headers.get("authorization") == "Bearer junk")


@fault(test_callers_are_counted_apart)
def one_bucket_for_all(request: Request, answer: Answer) -> None:
    """Once somebody is refused, everybody is."""
    answer.become(429, where=request.before(request.path, answer.status == 429))
