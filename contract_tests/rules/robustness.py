"""Robustness: no request brings the service down, wrong methods are told the right ones, and size has an end."""

from dataclasses import replace
from itertools import zip_longest

from ..accounts import Account, told
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_bounded
from ..rule import NotChecked, Violation, delegated, experiment
from ..shelf import Shelf

REFUSALS = {"target": "414", "headers": "431", "content": "413"}

nothing_brings_it_down = delegated(
    "ROBUST-01",
    "No generated request is answered with a server error.",
    check="not_a_server_error",
    source="RFC 9110, section 15.6",
)

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


@experiment(
    "ROBUST-02",
    source="RFC 9110, sections 15.5.1, 15.5.6, 15.5.16 and 15.5.21",
    checks=("unsupported_method", "allow_header_conformance"),
)
def the_wrong_is_told_what_is_wrong(operation: Operation, document: Document, shelf: Shelf) -> None:
    """
    Content that is no JSON is 400, of another media type 415, of another shape 422; a wrong method is 405 with Allow.

    The caller may do what is asked, so that nothing else can be the reason. Only documented statuses count.
    """
    there = {other.method for other in document.operations if other.path == operation.path}
    taken = {other.method for other in document.operations if may_match(other.path, operation.path)}
    if wrong := next((method for method in METHODS if method not in taken), None):
        answer = shelf.client.call(replace(operation, method=wrong), arguments=operation.nowhere)
        allowed = {method.strip() for method in (answer.header("allow") or "").split(",")}
        if answer.status != 405 or not there <= allowed or wrong in allowed:
            observed = f"{told(answer)}, Allow: {answer.header('allow')}"
            raise Violation(observed, expected=f"405, Allow: {', '.join(sorted(there))}", exchanges=[answer])
    if operation.body_media is None:
        return
    visit = shelf.visit(operation)
    tag = {"If-Match": "*"} if operation.has_parameter("If-Match", "header") else {}
    for status, media, content in (
        ("400", operation.body_media, b"{"),
        ("415", "text/unheard-of", b"{}"),
        ("422", operation.body_media, b"[]"),
    ):
        answer = shelf.call(visit, {**tag, "Content-Type": media}, body=content)
        if status in operation.responses and str(answer.status) != status:
            raise Violation(f"{media} {content!r}: {told(answer)}", expected=status, exchanges=[answer])


def may_match(one: str, other: str) -> bool:
    """Tell whether a path can be meant by both templates."""
    pairs = list(zip_longest(one.split("/"), other.split("/"), fillvalue="/"))
    return all(a == b or ("{" in a and b != "/") or ("{" in b and a != "/") for a, b in pairs)


@experiment("ROBUST-03", source="#/x-rate-limit/sizes; RFC 9110, section 15.5.14", applies=is_bounded)
def size_has_an_end(operation: Operation, document: Document, shelf: Shelf) -> None:
    """
    What is larger than the document's sizes is refused with 413, 414 and 431, and nothing smaller.

    A header section is tried with half of what is allowed: what else stands in it is the client's affair.
    """
    sizes = document.raw.get("x-rate-limit", {}).get("sizes", {})
    tried = [name for name, status in REFUSALS.items() if name in sizes and status in operation.responses]
    if not tried:
        raise NotChecked("the document says no sizes: add `sizes` to its x-rate-limit")
    caller = somebody(operation, shelf)
    for name in tried:
        limit, status = sizes[name], int(REFUSALS[name])
        large = send_sized(operation, shelf, caller, name, limit + 1)
        if large.status != status or large.media_type != (document.error_shape or ("",))[0]:
            raise Violation(
                f"{name} of {limit + 1} bytes: {told(large)[:300]}", expected=f"{status}, a problem", exchanges=[large]
            )
        allowed = limit // 2 if name == "headers" else limit
        small = send_sized(operation, shelf, caller, name, allowed)
        if small.status == status:
            raise Violation(f"{name} of {allowed} bytes: {told(small)[:300]}", expected="no refusal", exchanges=[small])


def somebody(operation: Operation, shelf: Shelf) -> Account:
    try:
        return shelf.caller(operation)
    except NotChecked:
        return shelf.accounts.a


def send_sized(operation: Operation, shelf: Shelf, caller: Account, name: str, size: int) -> Exchange:
    """Send a request whose target, header section or content has a size in bytes, and which leads to nothing."""
    target = operation.path
    for parameter, value in operation.nowhere.items():
        target = target.replace(f"{{{parameter}}}", str(value))
    headers = [*caller.headers().items()] if operation.secured else []
    body = None
    if name == "target":
        target += "?undeclared="
        target += "x" * (size - len(shelf.document.base_path + target))
    elif name == "headers":
        headers.append(("X-Padding", "x" * size))
    else:
        headers.append(("Content-Type", operation.body_media or "application/json"))
        body = b" " * size
    return shelf.client.send(operation.method, target, headers, body, operation=operation, address=caller.address)


@nothing_brings_it_down.broken_at(400, 422)
def invalid_crashes(request: Request, answer: Answer) -> None:
    """Input that breaks its schema is an unhandled exception."""
    answer.become(500)


@the_wrong_is_told_what_is_wrong.broken_at(415)
def any_media_type_will_do(request: Request, answer: Answer) -> None:
    """The media type is not looked at."""
    answer.become(422)


@the_wrong_is_told_what_is_wrong.broken_at(405)
def allow_is_forgotten(request: Request, answer: Answer) -> None:
    """405 comes without Allow."""
    answer.headers.pop("allow", None)


@the_wrong_is_told_what_is_wrong.broken_at(405)
def wrong_methods_are_not_found(request: Request, answer: Answer) -> None:
    """A wrong method is 200, as if it had been right."""
    answer.become(200, {})


@size_has_an_end.broken_at(413, 414, 431)
def everything_is_read(request: Request, answer: Answer) -> None:
    """However large a request is, it is read and found invalid."""
    answer.become(400)


@size_has_an_end.broken_by
def the_end_comes_early(request: Request, answer: Answer) -> None:
    """Content of a thousand bytes is too large already."""
    if len(request.body) > 1000:
        answer.become(413)


@size_has_an_end.broken_at(413, 414, 431)
def too_large_in_the_servers_own_words(request: Request, answer: Answer) -> None:
    """What is too large is refused by a layer that knows no problems."""
    answer.headers["content-type"] = "text/plain"
