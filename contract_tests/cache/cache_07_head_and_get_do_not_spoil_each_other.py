"""CACHE-07: head and get do not spoil each other."""

from dataclasses import replace
from typing import Any

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, reading
from bookplate.wire import Exchange, succeeded

SAME = ("content-type", "content-language", "content-length", "etag", "last-modified", "link", "cache-control")


def is_read(operation: Operation) -> bool:
    return operation.method == "GET"


@experiment("CACHE-07", source="RFC 9110, section 9.3.2; RFC 9111, section 4.3.5", applies=is_read)
def test_head_and_get_do_not_spoil_each_other(operation: Operation, resources: Resources) -> str:
    """
    A GET that follows HEAD is whole, as if there had been no HEAD, and HEAD after GET has the headers of GET.

    Each is asked of a URL that nobody has asked for: about a new item, or with a filter that nobody used.
    """
    head_first = Fresh(operation, resources)
    get_first = Fresh(operation, resources)
    head = head_first.send("HEAD")
    if head.status in (405, 501):
        return "HEAD is not offered"
    get = head_first.get_after(head)
    alone = succeeded(get_first.send("GET"), "there is nothing to read")
    if wrong := spoiled(get, alone):
        raise Violation(f"GET after HEAD {wrong}", expected="as without HEAD", exchanges=[alone, head, get])
    after, again = get_first.send("HEAD"), get_first.send("GET")
    # What two GETs of one URL have differently tells nothing.
    stable = [name for name in SAME if alone.header(name) == again.header(name)]
    for one, other in ((get, head), (alone, after)):
        differing = differences(one, other, stable)
        if other.status != one.status or other.body or differing:
            said = f", {differing[0]} {other.header(differing[0])}" if differing else ""
            expected = "status and headers of GET, no content"
            raise Violation(f"{other.describe()}{said}", expected=expected, exchanges=[one, other])
    return "" if head_first.is_fresh else "nothing makes a URL of it that nobody has asked for"


class Fresh:
    """One URL of an operation that nobody has asked for yet, as far as its parameters allow that."""

    def __init__(self, operation: Operation, resources: Resources) -> None:
        self.resources = resources
        self.prepared: PreparedRequest = reading(resources, operation)
        self.query: dict[str, Any] = {name: f"Nobody {resources.samples.unique()}" for name in operation.text_filters}
        self.is_fresh = bool(self.query or operation.path_parameters)

    def send(self, method: str) -> Exchange:
        """Send a request of the visit with a method."""
        operation = self.prepared.operation
        asked = operation if method == "GET" else replace(operation, id="", method=method)
        caller = self.prepared.caller if operation.secured else None
        return self.resources.ask(replace(self.prepared, operation=asked), caller, **self.query)

    def get_after(self, head: Exchange) -> Exchange:
        """Send GET; one that breaks off is a violation, and HEAD its evidence."""
        try:
            return self.send("GET")
        except Violation as broken:
            get = Exchange(self.prepared.operation.id, "GET", head.url, head.request_headers, b"", 0, [], b"")
            observed = f"after HEAD, {broken.observed}"
            raise Violation(observed, expected="the whole answer", exchanges=[head, get]) from None


def spoiled(get: Exchange, alone: Exchange) -> str:
    """Say what a GET has otherwise than one that is about something of the same kind; empty where nothing."""
    if get.status != alone.status:
        return f"answered {get.status}"
    if get.media_type != alone.media_type:
        return f"is '{get.media_type}'"
    if kind(get) != kind(alone):
        return f"has {len(get.body)} bytes of another kind"
    return ""


def kind(answer: Exchange) -> Any:
    """Return what two contents of one operation have in common: whether there is any, and the names of its members."""
    value = answer.json()
    return sorted(value) if isinstance(value, dict) else (type(value), bool(answer.body))


def differences(get: Exchange, head: Exchange, names: list[str]) -> list[str]:
    """
    List the headers of HEAD that contradict those of GET.

    A GET in chunks has no Content-Length; HEAD may say what it would be (RFC 9110, section 8.6).
    """
    # A coding may be chosen anew for each answer, and with it the length and the tag.
    coded = ("content-length", "etag") if get.header("content-encoding") else ()
    expected = {name: get.header(name) for name in names}
    if "content-length" in expected and expected["content-length"] is None:
        expected["content-length"] = str(len(get.body))
    return [name for name in names if name not in coded and head.header(name) not in (None, expected[name])]


def place(request: Request) -> tuple[str, str]:
    """Name the URL of a request."""
    return request.path, str(request.query)


@fault(test_head_and_get_do_not_spoil_each_other)
def empty_content_is_kept(request: Request, answer: Answer) -> None:
    """The empty content of HEAD is kept for GET."""
    if request.method == "HEAD":
        request.before(place(request), answer.status == 200)
    elif place(request) in request.memory:
        answer.body = b""


@fault(test_head_and_get_do_not_spoil_each_other)
def kept_content_breaks_off(request: Request, answer: Answer) -> None:
    """The headers of HEAD are kept for GET with an empty content, so that GET breaks off."""
    if request.method == "HEAD":
        request.before(place(request), answer.status == 200)
    elif place(request) in request.memory and answer.status == 200:
        # The other spelling keeps the length that the answer had.
        answer.headers["Content-Length"] = answer.headers.pop("content-length", "1")
        answer.body = b""


@fault(test_head_and_get_do_not_spoil_each_other)
def head_is_kept_as_no_content(request: Request, answer: Answer) -> None:
    """What was asked for with HEAD is 204 for GET."""
    if request.method == "HEAD":
        request.before(place(request), answer.status == 200)
    elif place(request) in request.memory:
        answer.status, answer.body = 204, b""


@fault(test_head_and_get_do_not_spoil_each_other)
def head_has_its_own_tag(request: Request, answer: Answer) -> None:
    """The ETag of HEAD is that of empty content."""
    if request.method == "HEAD" and answer.status == 200:
        answer.headers["etag"] = '"empty"'


@fault(test_head_and_get_do_not_spoil_each_other)
def hits_have_no_length_for_head(request: Request, answer: Answer) -> None:
    """HEAD of what is kept already says that there is no content."""
    if request.method == "GET":
        request.before(place(request), answer.status == 200)
    elif place(request) in request.memory:
        answer.headers["content-length"] = "0"
