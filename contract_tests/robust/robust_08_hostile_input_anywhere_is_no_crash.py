"""ROBUST-08: hostile input anywhere is no crash."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bookplate import experiment, fault
from bookplate.contract import Operation, Schema
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import Exchange

from ._shared import AcceptableRequest, acceptable_request, expect_no_crash


def is_harmless(operation: Operation) -> bool:
    """Nobody's account or session is spent by it."""
    return not operation.role


@experiment("ROBUST-08", source="RFC 9110, sections 5.5 and 15.6.1; OWASP API8:2023", applies=is_harmless)
def test_hostile_input_anywhere_is_no_crash(operation: Operation, resources: Resources) -> None:
    """
    Odd values in any header field, query parameter or member of the content are never answered with a 5xx.

    Header fields that frameworks read are sent with values that break their grammar, many at once; where that crashes, one
    by one. Each query parameter is sent empty, and twice. Each member gets, one after the other, values of
    other sizes and types than its own. A 5xx counts where the same request without the odd value gets none.

    Why it matters: anyone can send such a request. A service that crashes on it can be stopped, and what it was doing
    meanwhile is lost.

    To mend it: parse header fields, cookies and parameters by functions that return an error for what they cannot
    read, and ignore or refuse it as the document says. A date, a number and an empty text are the ones that most
    often break.
    """
    acceptable = acceptable_request(operation, resources)
    expect_fields_survived(resources, acceptable, hostile_fields(operation))
    for parameter in operation.parameters:
        if parameter.place == "query":
            for value in ("", ["1", "x"]):
                query = {parameter.name: value}
                answer = resources.call(acceptable.prepared, acceptable.headers, query=query, body=acceptable.body)
                expect_no_crash(answer, resources, acceptable, what=f"query parameter '{parameter.name}'")
    if isinstance(acceptable.body, dict):
        for name, content in hostile_contents(operation, acceptable.body):
            sent = {**acceptable.headers, "Content-Type": operation.media_type or "application/json"}
            answer = resources.call(acceptable.prepared, sent, body=content)
            expect_no_crash(answer, resources, acceptable, what=f"member '{name}'")


# What frameworks and libraries parse, with values that break its grammar or its bounds.
HOSTILE_FIELDS = {
    "Accept": "a/b;q=nan, ;;,/, */*;q=99999999999999999999",
    "Accept-Encoding": "gzip;q=, ;q=1, *;q=x",
    "Accept-Language": "-,;q=,x" * 50,
    "Cookie": '=; a; b="; ;;=x; \xff=\xff',
    "Forwarded": 'for="[::1; by=',
    "If-Modified-Since": "Tue, 99 Foo 99999 99:99:99 GMT",
    "If-None-Match": 'W/, "", *, "unclosed',
    "If-Unmodified-Since": "0",
    "Origin": "null://[",
    "Range": "bytes=99999999999999999999-1,-,x-",
    "Referer": "http://[::1",
    "Traceparent": "00-\xff-\xff-",
    "User-Agent": "%s%n{0}${x}<>\xff",
    "X-Forwarded-For": "999.1.1.1, [::, unknown",
    "X-Forwarded-Proto": "::",
    "X-Request-Id": "\xff{}%0d%0a" * 20,
}


def hostile_fields(operation: Operation) -> dict[str, str]:
    """Return the hostile header fields, and one for each that the operation documents; no precondition of a write."""
    own = {each.name: "\xff\"',;=%00" for each in operation.header_parameters}
    is_read = operation.method == "GET"
    fields = {**HOSTILE_FIELDS, **own}
    return {name: value for name, value in fields.items() if is_read or not name.lower().startswith("if-")}


def expect_fields_survived(resources: Resources, acceptable: AcceptableRequest, fields: Mapping[str, str]) -> None:
    """Send many header fields at once; where that crashes, send each alone and name those that do it."""
    together = send_fields(resources, acceptable, fields)
    if together.status >= 500:
        for name, value in fields.items():
            alone = send_fields(resources, acceptable, {name: value})
            expect_no_crash(alone, resources, acceptable, what=f"header field {name}")
    expect_no_crash(together, resources, acceptable, what=f"header fields {', '.join(fields)} together")


def send_fields(resources: Resources, acceptable: AcceptableRequest, fields: Mapping[str, str]) -> Exchange:
    return resources.call(acceptable.prepared, {**acceptable.headers, **fields}, body=acceptable.body)


# JSON as it is written: some of these are no values of Python, or no JSON at all.
TEXTS = ('""', '"\\u0000"', "7")
NUMBERS = ("9223372036854775808", "1e400", "NaN")
OTHERS = ("null", "[[]]")


def hostile_contents(operation: Operation, body: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield content in which one member has a hostile value, with the name of the member."""
    for name, schema in operation.members.items():
        for written in hostile_texts(schema):
            members = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in body.items() if key != name]
            content = ", ".join([*members, f"{json.dumps(name)}: {written}"])
            yield name, f"{{{content}}}".encode()


def hostile_texts(schema: Schema) -> tuple[str, ...]:
    """Return hostile values for a member, as JSON."""
    if schema.type == "string":
        return TEXTS
    return NUMBERS if schema.type in ("integer", "number") else OTHERS


@fault(test_hostile_input_anywhere_is_no_crash)
def odd_dates_crash(request: Request, answer: Answer) -> None:
    """A date in a header field that is none ends in an unhandled exception."""
    if "Foo" in request.headers.get("if-modified-since", ""):
        answer.become(500)


@fault(test_hostile_input_anywhere_is_no_crash)
def odd_cookies_crash(request: Request, answer: Answer) -> None:
    """A cookie without a name ends in an unhandled exception."""
    if request.headers.get("cookie", "").startswith("="):
        answer.become(500)


@fault(test_hostile_input_anywhere_is_no_crash)
def infinite_numbers_crash(request: Request, answer: Answer) -> None:
    """A number that is too large for a float ends in an unhandled exception."""
    if b"1e400" in request.body:
        answer.become(500)


@fault(test_hostile_input_anywhere_is_no_crash)
def empty_parameters_crash(request: Request, answer: Answer) -> None:
    """An empty query parameter ends in an unhandled exception."""
    if "" in request.query.values():
        answer.become(500)
