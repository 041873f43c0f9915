"""RATE-06: callers are counted apart."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bookplate import Needs, experiment, fault
from bookplate.contract import Operation, Parameter, Policy, is_limited, takes_tokens
from bookplate.faults import Answer, Request
from bookplate.fixtures import Caller, Quotas, bundles
from bookplate.wire import Exchange, in_http_1_0

from ._shared import Attempt, expect_limits_for_the_caller_alone


@experiment(
    "RATE-06",
    source="OWASP API4:2023; OWASP API2:2023",
    owasp=("API4:2023",),
    applies=is_limited,
    needs={Needs.DOCUMENTED_LIMITS},
)
def test_callers_are_counted_apart(quotas: Quotas) -> None:
    """
    After a caller has exhausted its quota, other callers are admitted, and no disguise of its request is.

    Disguises are the header fields that a client may send, many at once: those of proxies, those of the registry that
    change nothing of what is asked for, cookies. So are another spelling of the path or of the scheme of a token, HEAD in
    place of GET, HTTP/1.0, unknown parameters, another address of the same user, and a token that is none.

    Why it matters: a limit that one header gets around protects nothing, above all no password. Where all callers share
    one quota, a single one stops the service for everybody.

    To mend it: count by the account where there is one, else by the address of the connection, and believe
    forwarding fields of known proxies alone. Count by operation and not by the text of the URL or the method. No
    other header field belongs into the key.
    """
    expect_limits_for_the_caller_alone(quotas, same_and_other_callers)


JUNK_TOKEN = "Bearer junk"


def same_and_other_callers(policy: Policy, caller: Caller, spent: list[Exchange]) -> Iterator[Attempt]:
    """Send as the same caller in disguise, then as other ones."""
    quotas = caller.quotas
    for description, changes in disguises(policy, caller).items():
        yield Attempt(description, is_refused=True, answer=caller.send(**changes))
    usual = {answer.status for answer in spent} - {429}
    for fields in bundles():
        yield from with_fields(caller, sendable(caller, fields), usual)
    yield from in_another_form(caller, spent[-1], usual)

    yield Attempt("another caller", is_refused=False, answer=quotas.new_caller(policy).send())
    if policy.by == "principal" and (caller.user or takes_tokens(quotas.operation)):
        other = quotas.resources.users.disposable()
        answer = caller.send(credential=other.shown_to(quotas.operation))
        yield Attempt("another user", is_refused=False, answer=answer)


def disguises(policy: Policy, caller: Caller) -> dict[str, dict[str, Any]]:
    """Return the disguises of a caller's request by what they are, each as arguments of `Caller.send`."""
    operation = caller.quotas.operation
    found: dict[str, dict[str, Any]] = {}
    for path in spellings(operation.path):
        found[f"to {path}"] = {"form": replace(operation, id="", path=path)}
    if operation.method == "GET":
        found["by HEAD"] = {"form": replace(operation, id="", method="HEAD")}
    if policy.by != "body":
        # A limiter that counts by the query as it is written takes another order for another one.
        found["with unknown parameters"] = {"query": {"noise": "1", "another": "2"}}
    if caller.user:
        found["from another address"] = {"address": "127.88.0.1"}
    elif counts_bad_tokens(operation):
        found["with a token that is none"] = {"headers": {"Authorization": JUNK_TOKEN}}
    return found


def sendable(caller: Caller, fields: Mapping[str, str]) -> dict[str, str]:
    """Return those fields that the caller's credential does not have, and that the document does not forbid."""
    operation = caller.quotas.operation
    own = {name.lower() for name in caller.credential.headers}
    return {
        name: value
        for name, value in fields.items()
        if name.lower() not in own and allows(operation.parameter(name, "header"), value)
    }


def allows(parameter: Parameter | None, value: str) -> bool:
    """Tell whether a value is allowed for a parameter; any is where there is none."""
    return parameter is None or parameter.schema.allows(value, request=True)


def with_fields(caller: Caller, fields: dict[str, str], usual: Container[int]) -> Iterator[Attempt]:
    """
    Send many fields at once; where that is not refused for the limit, find out which of them it takes.

    `usual` are the statuses that the caller was answered before. Another error is a refusal for the field's own sake.
    """
    answer = caller.send(fields)
    if answer.status == 429 or len(fields) <= 1:
        if is_answered(answer, usual):
            yield Attempt(f"with {' and '.join(fields)}", is_refused=True, answer=answer)
        return
    pairs = list(fields.items())
    middle = len(pairs) // 2
    parts = [attempt for half in (pairs[:middle], pairs[middle:]) for attempt in with_fields(caller, dict(half), usual)]
    yield from parts
    if all(part.answer.status == 429 for part in parts) and is_answered(answer, usual):
        yield Attempt(f"with {', '.join(fields)} together", is_refused=True, answer=answer)


def is_answered(answer: Exchange, usual: Container[int]) -> bool:
    """Tell whether an answer is about the limit: it refuses for it, or answers as it did before."""
    return answer.status == 429 or answer.status < 400 or answer.status in usual


def in_another_form(caller: Caller, refusal: Exchange, usual: Container[int]) -> Iterator[Attempt]:
    """Send the refused request in HTTP/1.0, and with the scheme of its token in small letters."""
    client = caller.quotas.resources.client
    token = caller.credential.headers.get("Authorization", "")
    if token.startswith("Bearer "):
        answer = caller.send({"Authorization": token.replace("Bearer ", "bearer ", 1)})
        if is_answered(answer, usual):
            yield Attempt("with its scheme in small letters", is_refused=True, answer=answer)
    if refusal.url.startswith("http://"):
        path = refusal.url.removeprefix(client.url)
        old = client.send_bytes(path, in_http_1_0(refusal), address=caller.address)
        if is_answered(old, usual) and old.status:
            yield Attempt("in HTTP/1.0", is_refused=True, answer=old)


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
