"""ROBUST-02: wrong requests get the right status."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly, said
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, of_another_shape
from bookplate.wire import Exchange


@experiment(
    "ROBUST-02",
    source="RFC 9110, sections 15.5.1, 15.5.6, 15.5.16 and 15.5.21",
    checks=("unsupported_method", "allow_header_conformance"),
)
def test_wrong_requests_get_the_right_status(operation: Operation, resources: Resources) -> None:
    """
    A wrong method is refused, broken JSON is answered 400, another media type 415, and a wrong shape 422.

    The caller may do what is asked, and good content is sent first, so that nothing else can be the reason. Of 400, 415
    and 422 only those count that the operation documents. A refusal with 405 has Allow, which names every documented
    method of the path, and not the refused one. The wrong method is sent to an item that exists, where one can be made.

    Why it matters: the status tells a developer which part of a request to mend. With another one, such as a 200 or a
    500, the mistake goes unnoticed or is looked for in the server.

    To mend it: let the router answer 405 with Allow, and look at the media type before the content is read. Answer
    400 where it cannot be parsed, and 422 where it is parsed and breaks the schema.
    """
    expect_wrong_methods_refused(operation, resources)
    if operation.media_type is not None:
        expect_wrong_content_refused(operation, operation.media_type, resources)


NOT_IMPLEMENTED = 501  # a service may know no more methods than it has (RFC 9110, section 9.1)
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


def expect_wrong_methods_refused(operation: Operation, resources: Resources) -> None:
    """Send a method that no operation takes at this path, where there is one, and expect 405 with Allow."""
    operations = resources.document.operations
    documented = {each.method for each in operations if each.path == operation.path}
    taken = {each.method for each in operations if may_match(each.path, operation.path)}
    wrong = [method for method in METHODS if method not in taken]
    if not wrong:
        return

    arguments, is_there = arguments_of_an_item(operation, resources)
    undocumented = replace(operation, method=wrong[0], responses={})
    answer = resources.client.call(undocumented, arguments=arguments)
    if not is_there and answer.status == 404:
        partly("a wrong method on an item: none could be made", tested="what the content may be")
        return

    allowed = {method.strip() for method in (answer.header("allow") or "").split(",")}
    is_refused = 400 <= answer.status < 500 or answer.status == NOT_IMPLEMENTED
    names_methods = documented <= allowed and wrong[0] not in allowed
    is_right = is_refused and (answer.status != 405 or names_methods)
    observed = f"{answer.describe()}, with Allow: {answer.header('allow') or 'none'}"
    expect.that(
        is_right, observed, expected=f"a refusal, 405 with Allow: {', '.join(sorted(documented))}", shown=[answer]
    )


def arguments_of_an_item(operation: Operation, resources: Resources) -> tuple[Mapping[str, Any], bool]:
    """Return arguments for the path of an operation, and whether they lead to an item that exists."""
    if not operation.path_parameters:
        return {}, True
    try:
        return resources.arguments(operation, resources.subject(operation)), True
    except NotChecked:
        return operation.nowhere, False


def may_match(one: str, other: str) -> bool:
    """Tell whether there is a path that both templates match."""
    segments = zip_longest(one.split("/"), other.split("/"), fillvalue="/")
    return all(may_be_the_same(first, second) for first, second in segments)


def may_be_the_same(first: str, second: str) -> bool:
    """Tell whether a segment can match both of these; `/` stands for one that is missing."""
    return first == second or ("{" in first and second != "/") or ("{" in second and first != "/")


def expect_wrong_content_refused(operation: Operation, media_type: str, resources: Resources) -> None:
    """Send broken JSON, another media type and another shape, and expect the status of each mistake."""
    prepared = resources.prepare(operation)
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    valid = valid_content(operation, resources)
    for (status, sent_as, content), trial in expect.each(wrong_contents(operation, media_type, valid)):
        with trial:
            answer = resources.call(prepared, {**headers, "Content-Type": sent_as}, body=content)
            if not operation.documents(status):
                continue
            due = alternatives(status, operation)
            if answer.status not in due and is_refused_anyway(answer, resources, prepared, headers):
                partly(f"a {status} for content: valid content gets {answer.status} too", tested="other mistakes")
                continue
            expect.status(due, answer, what=f"{sent_as} with the content {said(content)}")


# The statuses that say that content is wrong.
ABOUT_CONTENT = (400, 415, 422)


def alternatives(status: int, operation: Operation) -> tuple[int, ...]:
    """
    Return the statuses that are as good as one: RFC 9110 draws no sharp line between 400 and 422.

    An operation that documents 415 beside both draws one: each of the three has its own mistake.
    """
    documented = [each for each in ABOUT_CONTENT if operation.documents(each)]
    is_undecided = status != 415 and len(documented) < len(ABOUT_CONTENT)
    return (400, 422) if is_undecided else (status,)


def valid_content(operation: Operation, resources: Resources) -> Any:
    """Return valid content of an operation; None where none is known."""
    try:
        return resources.samples.body(operation)
    except NotChecked:
        return None


def is_refused_anyway(
    answer: Exchange, resources: Resources, prepared: PreparedRequest, headers: Mapping[str, str]
) -> bool:
    """Tell whether valid content is refused with the same status: then nothing shows what it was refused for."""
    if not 400 <= answer.status < 500:
        return False
    valid = valid_content(prepared.operation, resources)
    control = resources.call(prepared, headers, body=valid)
    return control.status == answer.status


def wrong_contents(operation: Operation, media_type: str, valid: Any) -> Iterator[tuple[int, str, bytes]]:
    """
    Yield what is wrong for an operation, with the status of the mistake and the media type that it is sent as.

    Nothing but the media type is wrong with content of another one, where the `valid` content of the operation is JSON.
    """
    is_json = operation.body is not None and operation.body.media_type.is_json
    if is_json:
        yield 400, media_type, b"{"
    yield 415, "text/unheard-of", json.dumps(valid).encode() if is_json and valid is not None else b"{}"
    shape = of_another_shape(operation)
    if shape is not None:
        yield 422, media_type, shape


@fault(test_wrong_requests_get_the_right_status, statuses=(415,))
def any_media_type_will_do(request: Request, answer: Answer) -> None:
    """The media type of the content makes no difference."""
    answer.become(422)


@fault(test_wrong_requests_get_the_right_status, statuses=(405,))
def allow_is_forgotten(request: Request, answer: Answer) -> None:
    """A 405 has no Allow."""
    answer.headers.pop("allow", None)


@fault(test_wrong_requests_get_the_right_status, statuses=(405,))
def wrong_methods_succeed(request: Request, answer: Answer) -> None:
    """A wrong method is answered 200, as if it had been right."""
    answer.become(200, {})
