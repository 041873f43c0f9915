"""CACHE-08: no request changes what others get."""

import gzip
import re
from typing import Any

from bookplate import NotChecked, Severity, control, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Collection, Resources, prepare_read
from bookplate.wire import Exchange

from ._shared import WRITES


def is_read(operation: Operation) -> bool:
    return operation.method == "GET"


@experiment("CACHE-08", source="RFC 9111, sections 3, 3.3 and 4", applies=is_read, severity=Severity.DATA)
def test_no_request_changes_what_others_get(operation: Operation, resources: Resources) -> None:
    """
    A plain GET gets the whole answer, whatever header fields an earlier request for its URL had.

    The earlier requests are conditional, ask for a part, for another media type, coding or language, or name another host
    in a forwarding field. Each is the first request for a URL, where parameters or a new item can make it a new one. The
    plain GET then gets the status, the media type and the kind of content of a URL that was asked for in no other way,
    and the name of the other host is nowhere in it.

    Why it matters: a cache that forgets a part of the request lets one client decide what all others see. They get an
    empty page, a fragment, or links that lead to a host of an attacker.

    To mend it: take part requests, conditions, codings and media types apart from the stored answer: store the
    plain 200 alone, and make 206, 304 and compressed content from it. Do not build links from a header field that
    any client can send.
    """
    host = f"other-host-{resources.samples.unique()}.example".replace(" ", "-").lower()
    alone = control(FreshUrl(operation, resources, 0).send(PLAIN), "an answer after other requests")

    for number, (fields, trial) in enumerate(expect.each(earlier_requests(operation, host)), start=1):
        with trial:
            url = FreshUrl(operation, resources, number)
            earlier = url.send(fields)
            later = url.send(PLAIN)
            expect_untouched(alone, earlier, later, host)


# Asks for nothing in particular. The client would ask for codings of its own.
PLAIN = {"Accept-Encoding": "identity"}


def earlier_requests(operation: Operation, host: str) -> list[dict[str, str]]:
    """Return the header fields of each earlier request; none that the document says something about."""
    candidates = [
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"Range": "bytes=0-0"},
        {"Accept": "application/x-nothing-known"},
        {"Accept-Encoding": "gzip"},
        {"Accept-Language": "tlh"},
        {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "X-Host": host, "Forwarded": f"host={host}"},
    ]
    return [
        {**PLAIN, **fields}
        for fields in candidates
        if all(takes(operation, name, value) for name, value in fields.items())
    ]


def takes(operation: Operation, field: str, value: str) -> bool:
    """Tell whether a value breaks no schema that the document has for a header field of requests."""
    parameter = operation.parameter(field, "header")
    return parameter is None or parameter.schema.allows(value, request=True)


class FreshUrl:
    """A URL of an operation that no other number has, as far as its parameters or a new item allow that."""

    def __init__(self, operation: Operation, resources: Resources, number: int) -> None:
        self.resources = resources
        self.prepared = prepare_read(resources, operation)
        self.query = fresh_query(operation, resources, number)

    def send(self, headers: dict[str, str]) -> Exchange:
        """Send a GET as a caller who may."""
        caller = self.prepared.caller if self.prepared.operation.secured else None
        return self.resources.ask(self.prepared, caller, headers, **self.query)


def fresh_query(operation: Operation, resources: Resources, number: int) -> dict[str, Any]:
    """Return a query that was not asked for: with a fresh text for a filter, else with a page size of its own."""
    fresh: dict[str, Any] = {name: f"Nobody {resources.samples.unique()}" for name in operation.text_filters}
    if fresh or operation.pagination is None:
        return fresh
    try:
        collection = Collection(operation, resources)
    except NotChecked:
        return {}
    least, most = collection.bounds
    return collection.page.asking_for(min(least + FIRST_SIZE + number, most))


# Smaller sizes are those that other laws ask for.
FIRST_SIZE = 10


def expect_untouched(alone: Exchange, earlier: Exchange, later: Exchange, host: str) -> None:
    """Expect a plain GET to be answered as one alone, and not as an earlier request of another kind."""
    shown = [earlier, later]
    sent = ", ".join(
        name for name, value in earlier.request_headers if PLAIN.get(name) != value and name != "Authorization"
    )
    after = f"after a request with {sent}"
    expect.equal(later.status, alone.status, what=f"status of GET {after}", shown=shown)
    expect.equal(later.media_type, alone.media_type, what=f"media type of GET {after}", shown=shown)
    coding = later.header("content-encoding")
    expect.equal(coding, alone.header("content-encoding"), what=f"coding of GET {after}", shown=shown)
    expect.equal(kind(later), kind(alone), what=f"kind of content of GET {after}", shown=shown)
    is_named = host.encode() in later.body or any(host in value for _, value in later.headers)
    expect.that(not is_named, f"GET {after} has the host {host}", expected="nothing of it", shown=shown)


def kind(answer: Exchange) -> Any:
    """Return what two contents of one operation have in common: the names of members, or whether there is any."""
    if answer.unreadable:
        return answer.unreadable
    value = answer.json_or_none()
    return sorted(value) if isinstance(value, dict) else (type(value).__name__, bool(answer.body))


@fault(test_no_request_changes_what_others_get)
def not_modified_is_kept(request: Request, answer: Answer) -> None:
    """A 304 is stored, and sent to requests without If-None-Match."""
    keep_for_the_url(request, answer, is_special=answer.status == 304)


@fault(test_no_request_changes_what_others_get)
def part_of_the_content_is_kept(request: Request, answer: Answer) -> None:
    """The part that Range asks for is stored, and sent to requests for the whole."""
    is_part = "range" in request.headers and answer.status == 200
    if is_part:
        answer.status = 206
        answer.headers["content-range"] = f"bytes 0-0/{len(answer.body)}"
        answer.headers["content-length"] = "1"
        answer.body = answer.body[:1]
    keep_for_the_url(request, answer, is_special=is_part)


@fault(test_no_request_changes_what_others_get)
def refused_media_type_is_kept(request: Request, answer: Answer) -> None:
    """The 406 for a media type that there is not is stored, and sent to requests for any other."""
    is_refused = request.method == "GET" and not re.search(r"json|\*/\*|^$", request.headers.get("accept", ""))
    if is_refused:
        answer.become(406)
    keep_for_the_url(request, answer, is_special=is_refused)


@fault(test_no_request_changes_what_others_get)
def host_of_a_forwarding_field_is_kept(request: Request, answer: Answer) -> None:
    """X-Forwarded-Host goes into the links of an answer, which is stored for everybody."""
    host = request.headers.get("x-forwarded-host", "")
    is_named = bool(host) and request.method == "GET" and answer.status == 200
    if is_named:
        answer.headers["link"] = f'<https://{host}{request.path}>; rel="self"'
        answer.put(url=f"https://{host}{request.path}")
    keep_for_the_url(request, answer, is_special=is_named)


@fault(test_no_request_changes_what_others_get)
def coded_content_is_kept(request: Request, answer: Answer) -> None:
    """Content that is compressed for one caller is stored, and sent to callers that do not accept the coding."""
    is_coded = request.headers.get("accept-encoding", "") == "gzip" and answer.status == 200
    if is_coded:
        answer.body = gzip.compress(answer.body)
        answer.headers["content-encoding"] = "gzip"
        answer.headers["content-length"] = str(len(answer.body))
    keep_for_the_url(request, answer, is_special=is_coded)


def keep_for_the_url(request: Request, answer: Answer, *, is_special: bool) -> None:
    """Keep an answer that is special for each later GET of its URL, until something is written."""
    url = (request.path, str(request.query))
    if request.method in WRITES and answer.status < 300:
        request.memory.clear()
    elif is_special:
        request.memory.setdefault(url, answer.copy())
    elif request.method == "GET" and url in request.memory:
        answer.repeat(request.memory[url])
