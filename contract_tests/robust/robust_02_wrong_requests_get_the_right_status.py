"""ROBUST-02: wrong requests get the right status."""

from dataclasses import replace
from itertools import zip_longest

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


@experiment(
    "ROBUST-02",
    source="RFC 9110, sections 15.5.1, 15.5.6, 15.5.16 and 15.5.21",
    checks=("unsupported_method", "allow_header_conformance"),
)
def test_wrong_requests_get_the_right_status(operation: Operation, resources: Resources) -> None:
    """
    Content that is no JSON is 400, of another media type 415, of another shape 422; a wrong method is 405 with Allow.

    The caller may do what is asked, so that nothing else can be the reason. Only documented statuses count.
    """
    there = {other.method for other in resources.document.operations if other.path == operation.path}
    taken = {other.method for other in resources.document.operations if may_match(other.path, operation.path)}
    if wrong := next((method for method in METHODS if method not in taken), None):
        answer = resources.client.call(replace(operation, method=wrong), arguments=operation.nowhere)
        allowed = {method.strip() for method in (answer.header("allow") or "").split(",")}
        if answer.status != 405 or not there <= allowed or wrong in allowed:
            observed = f"{answer.describe()}, Allow: {answer.header('allow')}"
            raise Violation(observed, expected=f"405, Allow: {', '.join(sorted(there))}", exchanges=[answer])
    if operation.media_type is None:
        return
    prepared = resources.prepare(operation)
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
    for status, media, content in (
        ("400", operation.media_type, b"{"),
        ("415", "text/unheard-of", b"{}"),
        ("422", operation.media_type, b"[]"),
    ):
        answer = resources.call(prepared, {**tag, "Content-Type": media}, body=content)
        if operation.documents(status) and str(answer.status) != status:
            raise Violation(f"{media} {content!r}: {answer.describe()}", expected=status, exchanges=[answer])


def may_match(one: str, other: str) -> bool:
    """Tell whether a path can be meant by both templates."""
    pairs = list(zip_longest(one.split("/"), other.split("/"), fillvalue="/"))
    return all(a == b or ("{" in a and b != "/") or ("{" in b and a != "/") for a, b in pairs)


@fault(test_wrong_requests_get_the_right_status, statuses=(415,))
def any_media_type_will_do(request: Request, answer: Answer) -> None:
    """The media type is not looked at."""
    answer.become(422)


@fault(test_wrong_requests_get_the_right_status, statuses=(405,))
def allow_is_forgotten(request: Request, answer: Answer) -> None:
    """405 comes without Allow."""
    answer.headers.pop("allow", None)


@fault(test_wrong_requests_get_the_right_status, statuses=(405,))
def wrong_methods_are_not_found(request: Request, answer: Answer) -> None:
    """A wrong method is 200, as if it had been right."""
    answer.become(200, {})
