"""Robustness: no request brings the service down, the wrong is told what is wrong, size and ambiguity have an end."""

from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from urllib.parse import urlsplit

from ..accounts import Account, told
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_bounded, is_conditional_write
from ..rule import NotChecked, Violation, delegated, experiment
from ..shelf import Shelf
from ..wire import PATIENCE, RawExchange, send_bytes

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
REFUSALS = {"target": "414", "headers": "431", "content": "413"}
HOST = "Host: {host}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
# The header section without its request line, the content, and whether RFC 9112 has it refused.
CORPUS = {
    "no Host": ("", "", True),  # section 3.2
    "two Hosts": (HOST + "Host: other.example\r\n", "", True),
    "two Content-Lengths": (HOST + "Content-Length: 0\r\nContent-Length: 5\r\n", "hello", True),  # section 6.3
    "a negative Content-Length": (HOST + "Content-Length: -5\r\n", "hello", True),
    "chunked, but not last": (HOST + "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n", True),
    "a space before the colon": (HOST + "X-Padding : x\r\n", "", True),  # section 5.1
    "Content-Length and Transfer-Encoding": (HOST + "Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n", False),
    "a folded field": (HOST + "X-Padding: x\r\n x\r\n", "", False),
    "a bare line feed": (HOST.replace("\r", "") + "X-Padding: x\r\n", "", False),
    "chunks that are none": (HOST + CHUNKED, "zz\r\nhello\r\n0\r\n\r\n", False),
    "content that ends early": (HOST + "Content-Length: 50\r\n", "{", False),
    "a line that is no field": (HOST + "X-Padding\r\n", "", False),
}
# After these the server closes the connection (sections 6.1 and 6.3): where the next request begins is in doubt.
CLOSING = (
    "two Content-Lengths",
    "a negative Content-Length",
    "chunked, but not last",
    "Content-Length and Transfer-Encoding",
)

nothing_brings_it_down = delegated(
    "ROBUST-01",
    "No generated request is answered with a server error.",
    check="not_a_server_error",
    source="RFC 9110, section 15.6",
)


@experiment(
    "ROBUST-02",
    source="RFC 9110, sections 15.5.1, 15.5.6, 15.5.16 and 15.5.21",
    checks=("unsupported_method", "allow_header_conformance"),
)
def the_wrong_is_told_what_is_wrong(operation: Operation, shelf: Shelf) -> None:
    """
    Content that is no JSON is 400, of another media type 415, of another shape 422; a wrong method is 405 with Allow.

    The caller may do what is asked, so that nothing else can be the reason. Only documented statuses count.
    """
    there = {other.method for other in shelf.document.operations if other.path == operation.path}
    taken = {other.method for other in shelf.document.operations if may_match(other.path, operation.path)}
    if wrong := next((method for method in METHODS if method not in taken), None):
        answer = shelf.client.call(replace(operation, method=wrong), arguments=operation.nowhere)
        allowed = {method.strip() for method in (answer.header("allow") or "").split(",")}
        if answer.status != 405 or not there <= allowed or wrong in allowed:
            observed = f"{told(answer)}, Allow: {answer.header('allow')}"
            raise Violation(observed, expected=f"405, Allow: {', '.join(sorted(there))}", exchanges=[answer])
    if operation.body_media is None:
        return
    visit = shelf.visit(operation)
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
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
def size_has_an_end(operation: Operation, shelf: Shelf) -> None:
    """
    What is larger than the document's sizes is refused with 413, 414 and 431, and nothing smaller.

    A header section is tried with half of what is allowed: what else stands in it is the client's affair.
    """
    sizes = shelf.document.raw.get("x-rate-limit", {}).get("sizes", {})
    tried = [name for name, status in REFUSALS.items() if name in sizes and status in operation.responses]
    if not tried:
        raise NotChecked("the document says no sizes: add `sizes` to its x-rate-limit")
    caller = shelf.accounts.a
    with suppress(NotChecked):
        caller = shelf.caller(operation)
    for name in tried:
        limit, status = sizes[name], int(REFUSALS[name])
        large = send_sized(operation, shelf, caller, name, limit + 1)
        if large.status != status or large.media_type != (shelf.document.error_shape or ("",))[0]:
            observed = f"{name} of {limit + 1} bytes: {told(large)[:300]}"
            raise Violation(observed, expected=f"{status}, a problem", exchanges=[large])
        allowed = limit // 2 if name == "headers" else limit
        small = send_sized(operation, shelf, caller, name, allowed)
        if small.status == status:
            raise Violation(f"{name} of {allowed} bytes: {told(small)[:300]}", expected="no refusal", exchanges=[small])


def send_sized(operation: Operation, shelf: Shelf, caller: Account, name: str, size: int) -> Exchange:
    """Send a request whose target, header section or content has a size in bytes, and which leads to nothing."""
    target = operation.path.format_map(operation.nowhere)
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
    answer.become(413, where=len(request.body) > 1000)


@size_has_an_end.broken_at(413, 414, 431)
def too_large_in_the_servers_own_words(request: Request, answer: Answer) -> None:
    """What is too large is refused by a layer that knows no problems."""
    answer.headers["content-type"] = "text/plain"


def is_open(operation: Operation) -> bool:
    """It is the simplest there is: a GET that needs neither token nor parameter, such as that of health."""
    return operation.method == "GET" and not operation.secured and not operation.parameters


@experiment("ROBUST-06", source="RFC 9112, sections 3.2, 5.1, 6.1 and 6.3", applies=is_open)
def ambiguous_framing_is_refused(operation: Operation, shelf: Shelf) -> str:
    """
    What RFC 9112 has refused is answered 4xx or not at all, the rest never with a server error, and the server lives.

    Where the end of a request is in doubt the server closes the connection, asked to or not, and serves nothing that
    follows on it: another server on the way may have seen another end, and so another next request.
    """
    client, url = shelf.client, shelf.client.url + operation.path
    if not url.startswith("http://"):
        return "not checked: bytes are sent without TLS alone"
    usual, silent = client.call(operation), list[str]()
    for name, (head, content, must) in CORPUS.items():
        lines = head.format(host=urlsplit(url).netloc)
        first = f"GET {urlsplit(url).path} HTTP/1.1\r\n"
        request = f"{first}Connection: close\r\n{lines}\r\n{content}"
        answer = send_bytes(url, request.encode("latin-1"), end=name == "content that ends early")
        if name in CLOSING:
            following = f"{first}{HOST.format(host=urlsplit(url).netloc)}\r\n"
            two_requests = f"{first}{lines}\r\n{content}{following}".encode("latin-1")
            if not ends(name, send_bytes(url, two_requests, patience=PATIENCE)):
                silent.append(name)
        if answer.status >= 500 or (must and 0 < answer.status < 400):
            expected = "4xx, or a closed connection" if must else "no server error"
            raise Violation(f"{name}: answered {answer.status}", expected=expected, exchanges=[answer])
        after = client.call(operation)
        if after.status != usual.status:
            raise Violation(f"after {name}: {told(after)}", expected=str(usual.status), exchanges=[answer, after])
    return f"nothing came within {PATIENCE:.0f} s after {', '.join(silent)}" if silent else ""


def ends(name: str, answer: RawExchange) -> bool:
    """
    Require that a connection ended behind one answer at most.

    Return whether anything came: a server that still waits has decided nothing yet.
    """
    if answer.answers == 0 and not answer.is_closed:
        return False
    expected = "one answer at most, then a closed connection"
    if answer.answers > 1:
        raise Violation(f"{name}: the next request is served too", expected=expected, exchanges=[answer])
    if not answer.is_closed:
        raise Violation(f"{name}: the connection stays open", expected=expected, exchanges=[answer])
    return True


@ambiguous_framing_is_refused.broken_by
def both_framings_go_on(request: Request, answer: Answer) -> None:
    """After two framings at once the connection goes on."""
    if {"content-length", "transfer-encoding"} <= request.headers.keys():
        answer.headers.pop("connection", None)


@ambiguous_framing_is_refused.broken_by
def both_framings_crash(request: Request, answer: Answer) -> None:
    """Two framings at once are an unhandled exception."""
    answer.become(500, where={"content-length", "transfer-encoding"} <= request.headers.keys())


@ambiguous_framing_is_refused.broken_by
def one_bad_request_is_the_end(request: Request, answer: Answer) -> None:
    """After a request with chunks nothing works any more."""
    answer.become(503, where=request.before("chunks", "transfer-encoding" in request.headers))
