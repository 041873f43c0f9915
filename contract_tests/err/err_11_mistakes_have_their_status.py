"""ERR-11: mistakes have their status."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_body, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, plain_values
from bookplate.wire import Exchange


def names_mistakes(operation: Operation) -> bool:
    """The document names mistakes whose status the operation documents."""
    return any(operation.documents(status) for status in operation.mistake_statuses.values())


@dataclass(frozen=True)
class Attempt:
    """A request: what is wrong with it, its arguments in path and query, its content and its header fields."""

    mistake: str
    shown: str
    arguments: Mapping[str, Any]
    content: Any
    headers: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict)


@experiment("ERR-11", source="#/x-mistakes", applies=names_mistakes)
def test_mistakes_have_their_status(operation: Operation, resources: Resources) -> None:
    """
    A request with one of the mistakes of `x-mistakes` is answered with the status that the document names for it.

    Such mistakes are a query parameter that is not declared or stands twice, a number in the path that is no integer in its
    shortest form or out of range (so are a space, a line feed or a slash behind it, and digits of full width), content that names a member twice or has NUL or half of a surrogate pair in a text, and
    an If-Match that is no entity tag. Each is tried where the operation takes such a part and documents the status. Where
    the request without the mistake gets the same answer, nothing is said.

    Why it matters: a parameter that is spelt wrong and ignored shows a client all items where it asked for a few. Where a
    path that leads nowhere is answered 400, or a broken request 422, programs mend the wrong part.

    To mend it: give each mistake a check of its own with its status, in front of the handler, as most frameworks
    let it pass. Look at what the framework does by itself: it takes the last of two values, ignores unknown ones
    and trims zeros.
    """
    prepared = resources.prepare(operation)
    right = right_request(prepared, resources)
    named = [each for each in attempts(right, operation) if each.mistake in operation.mistake_statuses]
    tried = [each for each in named if operation.documents(operation.mistake_statuses[each.mistake])]
    if not tried:
        raise NotChecked("it takes nothing that can have one of these mistakes")

    for attempt, trial in expect.each(tried):
        with trial:
            due = operation.mistake_statuses[attempt.mistake]
            answer = send(attempt, prepared, resources)
            if answer.status != due:
                require_another_answer_without(answer, prepared, resources)
            expect.status(due, answer, what=f"{attempt.mistake}: {attempt.shown}")


def require_another_answer_without(answer: Exchange, prepared: PreparedRequest, resources: Resources) -> None:
    """Send the request without a mistake; NotChecked where it is refused alike: then the mistake is not the reason."""
    if answer.status >= 400:
        right = send(right_request(prepared, resources), prepared, resources)
        if right.status == answer.status:
            raise NotChecked(f"the request without a mistake is refused alike: {right.describe()}")


def right_request(prepared: PreparedRequest, resources: Resources) -> Attempt:
    """Return a request without a mistake; If-Match is `*`, where the operation takes one."""
    operation = prepared.operation
    return Attempt(
        mistake="",
        shown="",
        arguments=resources.arguments(operation, prepared.item) if operation.path_parameters else {},
        content=resources.samples.body(operation) if has_body(operation) else None,
        headers={"If-Match": "*"} if is_conditional_write(operation) else {},
        query=resources.samples.query(operation),
    )


def send(attempt: Attempt, prepared: PreparedRequest, resources: Resources) -> Exchange:
    operation, caller = prepared.operation, prepared.caller
    right = resources.arguments(operation, prepared.item) if attempt.arguments and prepared.item else {}
    for name, number in right.items():
        derive_number(str(attempt.arguments[name]), str(number), resources)
    is_fresh = operation.role and not operation.secured
    return resources.client.call(
        operation,
        arguments=attempt.arguments,
        query=attempt.query,
        headers=attempt.headers,
        body=attempt.content,
        credential=caller.credential_for(operation),
        address=resources.users.new_client_address() if is_fresh else caller.address,
    )


def derive_number(written: str, number: str, resources: Resources) -> None:
    """Let a script write the number of an item otherwise, as the run has done it."""
    before, known, after = (encoded(part) for part in written.partition(number))
    if written == in_full_width(number):
        resources.script.derive(encoded(written), number, "sed 's/[0-9]/%EF%BC%9&/g'")
    elif known and written != known:
        resources.script.derive(encoded(written), known, f"sed 's/^/{before}/; s/$/{after}/'")


def encoded(text: str) -> str:
    """Return a text as it stands in a path (RFC 3986, section 2.1)."""
    return quote(text, safe="")


def in_full_width(number: str) -> str:
    """Return a number in the digits that East Asian texts have beside the usual ones; `int` of Python reads both alike."""
    return "".join(chr(ord(digit) - ord("0") + FULL_WIDTH_ZERO) for digit in number)


def attempts(right: Attempt, operation: Operation) -> Iterator[Attempt]:
    """Yield requests of an operation that have one mistake each."""
    yield from in_the_query(right, operation)
    yield from in_the_path(right, operation)
    yield from in_the_content(right, operation)
    if is_conditional_write(operation):
        yield replace(right, mistake="malformed-tag", shown=NO_TAG, headers={**right.headers, "If-Match": NO_TAG})


NO_TAG = "no entity tag"
UNKNOWN = "no_such_parameter"
OUT_OF_RANGE = (2**63, 0)
FULL_WIDTH_ZERO = 0xFF10


def in_the_query(right: Attempt, operation: Operation) -> Iterator[Attempt]:
    """Yield a query with an unknown parameter, and one in which the first plain parameter stands twice."""
    yield replace(right, mistake="unknown-parameter", shown=UNKNOWN, query={**right.query, UNKNOWN: "1"})
    for parameter in operation.query_parameters:
        values = plain_values(parameter.schema)[:1] * 2
        if values and parameter.schema.type in ("string", "integer", "number", "boolean"):
            query = {**right.query, parameter.name: values}
            yield replace(right, mistake="repeated-parameter", shown=parameter.name, query=query)
            return


def in_the_path(right: Attempt, operation: Operation) -> Iterator[Attempt]:
    """Yield other texts than the number in the path, and numbers that its schema forbids."""
    for parameter in operation.path_parameters:
        number = right.arguments.get(parameter.name)
        if parameter.schema.type != "integer" or re.fullmatch("[0-9]+", str(number)) is None:
            continue
        for text in other_texts(str(number)):
            arguments = {**right.arguments, parameter.name: text}
            yield replace(right, mistake="path-form", shown=encoded(text), arguments=arguments)
        forbidden = [each for each in OUT_OF_RANGE if not parameter.schema.allows(each, request=True)]
        for each in forbidden[:1]:
            arguments = {**right.arguments, parameter.name: each}
            yield replace(right, mistake="path-range", shown=str(each), arguments=arguments)


def other_texts(number: str) -> tuple[str, ...]:
    """Return texts that are not the number in its shortest form; servers that trim, decode twice or call `int` take them for it."""
    return (
        f"0{number}",
        f"+{number}",
        f"{number}.0",
        f"{number} ",
        f"{number}\n",
        f"{number}/",
        in_full_width(number),
        "x",
    )


def in_the_content(right: Attempt, operation: Operation) -> Iterator[Attempt]:
    """Yield content that names its first member twice, and content with characters that no text may have."""
    is_json = operation.body is not None and operation.body.media_type.is_json
    content = operation.wrapped(right.content) if is_json else None
    if not isinstance(content, dict) or not content:
        return
    yield replace(right, mistake="repeated-member", shown=next(iter(content)), content=with_first_member_twice(content))
    texts = [name for name, value in content.items() if isinstance(value, str)]
    for name in texts[:1]:
        for mistake, character in (("nul", "\x00"), ("lone-surrogate", "\ud83d")):
            wrong = {**content, name: f"{content[name]}{character}"}
            yield replace(right, mistake=mistake, shown=name, content=json.dumps(wrong).encode())


def with_first_member_twice(content: Mapping[str, Any]) -> bytes:
    """Return an object as JSON in which its first member stands twice, with one value."""
    name, value = next(iter(content.items()))
    first = json.dumps({name: value})
    return f"{first[:-1]}, {json.dumps(content)[1:]}".encode()


@fault(test_mistakes_have_their_status)
def what_is_not_known_is_not_read(request: Request) -> None:
    """Query parameters that the document does not have are ignored."""
    request.query.pop(UNKNOWN, None)


@fault(test_mistakes_have_their_status)
def of_two_values_the_last_is_read(request: Request) -> None:
    """Of a query parameter that stands twice the last value is read."""
    if request.query_string.count(b"=") > len(request.query):
        request.query = dict(request.query)


@fault(test_mistakes_have_their_status)
def zeros_make_no_difference(request: Request) -> None:
    """A number in a path may begin with zeros."""
    request.path = re.sub(r"/0+(\d+)", r"/\1", request.path)


@fault(test_mistakes_have_their_status)
def what_is_no_digit_is_trimmed(request: Request) -> None:
    """Whatever stands behind the digits of a number in a path is left out."""
    request.path = re.sub(r"(/\d+)[\s/]+$", r"\1", request.path)


@fault(test_mistakes_have_their_status, statuses=(400,))
def what_is_out_of_range_is_not_there(request: Request, answer: Answer) -> None:
    """A number in the path that is out of range is answered 404."""
    if str(2**63) in request.path:
        answer.become(404)


@fault(test_mistakes_have_their_status)
def of_two_members_the_last_is_read(request: Request) -> None:
    """Of two members with one name the last is taken."""
    if request.members:
        request.rewrite(request.members)


@fault(test_mistakes_have_their_status, statuses=(400,))
def surrogates_are_invalid(request: Request, answer: Answer) -> None:
    """Content with half of a surrogate pair is answered 422."""
    if b"\\ud83d" in request.body:
        answer.become(422)


@fault(test_mistakes_have_their_status, statuses=(400,))
def what_is_no_tag_is_stale(request: Request, answer: Answer) -> None:
    """An If-Match that is no entity tag is answered 412."""
    if request.headers.get("if-match") == NO_TAG:
        answer.become(412)
