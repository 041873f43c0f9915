"""RATE-06: callers are counted apart."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bookplate import Needs, experiment, fault
from bookplate.contract import Operation, Policy, is_limited, takes_tokens
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas
from bookplate.wire import Exchange

from ._shared import Attempt, expect_limits_for_the_caller_alone


@experiment("RATE-06", source="OWASP API4:2023; OWASP API2:2023", applies=is_limited, needs={Needs.DOCUMENTED_LIMITS})
def test_callers_are_counted_apart(quotas: Quotas) -> None:
    """
    After a caller has exhausted its quota, other callers are admitted, and no disguise of its request is.

    Disguises are a forwarding header, another User-Agent, another spelling of the path, and HEAD in place of GET. So are
    an unknown parameter, another address of the same user, and a token that is none.

    Why it matters: a limit that one header gets around protects nothing, above all no password. Where all callers share
    one quota, a single one stops the service for everybody.
    """
    expect_limits_for_the_caller_alone(quotas, same_and_other_callers)


FORWARDED_FOR = "203.0.113.9"
HEADERS_OF_A_DISGUISE = {
    "X-Forwarded-For": FORWARDED_FOR,
    "X-Real-IP": FORWARDED_FOR,
    "True-Client-IP": FORWARDED_FOR,
    "Forwarded": f"for={FORWARDED_FOR}",
    "User-Agent": "another",
    "Connection": "close",
}
JUNK_TOKEN = "Bearer junk"


def same_and_other_callers(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Attempt]:
    """Send as the same caller in disguise, then as other ones."""
    quotas = caller.quotas
    for description, changes in disguises(policy, caller).items():
        yield Attempt(description, is_refused=True, answer=caller.send(**changes))

    yield Attempt("another caller", is_refused=False, answer=quotas.new_caller(policy).send())
    if policy.by == "principal" and (caller.user or takes_tokens(quotas.operation)):
        other = quotas.resources.users.disposable()
        answer = caller.send(credential=other.shown_to(quotas.operation))
        yield Attempt("another user", is_refused=False, answer=answer)


def disguises(policy: Policy, caller: Caller) -> dict[str, dict[str, Any]]:
    """Return the disguises of a caller's request by what they are, each as arguments of `Caller.send`."""
    operation = caller.quotas.operation
    found: dict[str, dict[str, Any]] = {}
    for name, value in HEADERS_OF_A_DISGUISE.items():
        found[f"with {name}"] = {"headers": {name: value}}
    for path in spellings(operation.path):
        found[f"to {path}"] = {"form": replace(operation, id="", path=path)}
    if operation.method == "GET":
        found["by HEAD"] = {"form": replace(operation, id="", method="HEAD")}
    if policy.by != "body":
        found["with an unknown parameter"] = {"query": {"noise": "1"}}
    if caller.user:
        found["from another address"] = {"address": "127.88.0.1"}
    elif counts_bad_tokens(operation):
        found["with a token that is none"] = {"headers": {"Authorization": JUNK_TOKEN}}
    return found


def spellings(path: str) -> tuple[str, str, str]:
    """Return a path with a slash behind it, in capitals, and with its first letter percent-encoded."""
    parts = re.split(r"({\w+})", path)
    capitals = "".join(part if part.startswith("{") else part.upper() for part in parts)
    return f"{path}/", capitals, f"/%{ord(path[1]):x}{path[2:]}"


def counts_bad_tokens(operation: Operation) -> bool:
    """Tell whether requests that are answered 401 count: the 401 is documented with RateLimit, or with no fields."""
    unauthorized = operation.response(401)
    return not unauthorized.headers or unauthorized.header("RateLimit") is not None


@fault(test_callers_are_counted_apart, statuses=(429,))
def forwarded_header_is_believed(request: Request, answer: Answer) -> None:
    """The limiter takes the address of the caller from X-Forwarded-For."""
    if "x-forwarded-for" in request.headers:
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def head_has_its_own_bucket(request: Request, answer: Answer) -> None:
    """HEAD is counted apart from GET."""
    if request.method == "HEAD":
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def slash_is_another_path(request: Request, answer: Answer) -> None:
    """The limiter takes a path with a slash behind it for another path."""
    if request.path.endswith("/"):
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def junk_has_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter counts each value of Authorization apart, valid or not."""
    if request.headers.get("authorization") == JUNK_TOKEN:
        answer.become(401, {})


@fault(test_callers_are_counted_apart)
def one_bucket_for_all(request: Request, answer: Answer) -> None:
    """Once a caller is refused, all callers are."""
    if request.path in request.memory:
        answer.become(429)
    elif answer.status == 429:
        request.remember(request.path)


@fault(test_callers_are_counted_apart, statuses=(429,))
def field_of_a_proxy_is_believed(request: Request, answer: Answer) -> None:
    """The limiter takes the address of the caller from the field of some proxy."""
    if {"cf-connecting-ip", "x-client-ip", "fastly-client-ip"} & request.headers.keys():
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def cookie_has_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter counts by a cookie that the client chooses."""
    if "cookie" in request.headers:
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def language_has_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter counts each Accept-Language apart."""
    if "accept-language" in request.headers:
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def trace_has_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter takes each trace for another caller."""
    if "traceparent" in request.headers:
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def several_fields_together_are_believed(request: Request, answer: Answer) -> None:
    """The limiter believes X-Forwarded-For where a second field of the same proxy stands beside it."""
    if request.headers.keys() >= {"x-forwarded-for", "x-forwarded-proto"}:
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def small_letters_have_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter takes a token whose scheme is written in small letters for another one."""
    if request.headers.get("authorization", "").startswith("bearer "):
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def order_of_the_query_has_a_bucket(request: Request, answer: Answer) -> None:
    """The limiter takes a query in another order for another one."""
    names = list(request.query)
    if len(names) > 1 and names != sorted(names):
        answer.become(200, {})


@fault(test_callers_are_counted_apart, statuses=(429,))
def old_version_is_not_counted(request: Request, answer: Answer) -> None:
    """Requests of HTTP/1.0 are never refused for a limit."""
    if request.http_version == "1.0":
        answer.become(200, {})
