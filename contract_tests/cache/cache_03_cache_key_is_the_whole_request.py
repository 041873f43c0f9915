"""CACHE-03: cache key is the whole request."""

import gzip
import re
from collections.abc import Mapping
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_collection, is_walkable
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Collection, Resources, items_on, origins_of
from bookplate.wire import Exchange

from ._shared import WRITES, answer_from_cache


@experiment("CACHE-03", source="RFC 9111, sections 4 and 4.1; x-pagination", applies=is_collection)
def test_cache_key_is_the_whole_request(operation: Operation, resources: Resources, collection: Collection) -> None:
    """
    Requests to one path that differ in page, size or filter each get the answer to their own query.

    Where the Origin field changes an answer, `Vary` names it, also in answers to requests without an Origin.

    Why it matters: a cache that looks at less than the whole request answers page 2 with page 1. A filter shows the
    items of another filter. A browser refuses an answer that was stored for another origin.
    """
    if collection.bounds[0] > 1 or collection.bounds[1] < 2:
        raise NotChecked("the document allows no page small enough")
    collection.plant(2)
    page = collection.page

    first = ask(collection, {})
    both = ask(collection, {collection.size_parameter: 2})
    second = ask(collection, {page.place: place_of_second_page(collection, first)})
    unmatched = {name: ask(collection, {name: f"Nobody {resources.samples.unique()}"}) for name in collection.narrow}
    origins = origins_of(operation, resources.users.config)
    with_origin = ask(collection, {}, {"Origin": origins[0] if origins else "null"})

    answers = [first, both, second, *unmatched.values(), with_origin]
    items = items_of(collection, both)
    expect_counts(collection.size_parameter, len(items) == 2 and items_of(collection, first) == items[:1], answers)
    expect_counts("page", items_of(collection, second) == items[1:], answers)
    for name, answer in unmatched.items():
        expect_counts(name, items_of(collection, answer) == [], answers)
    allowed = {answer.header("access-control-allow-origin") for answer in answers}
    expect_counts("Origin", len(allowed) == 1 or all(map(varies_by_origin, answers)), answers)


def ask(collection: Collection, query: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Exchange:
    """Ask for the planted items, one a page where the query does not say otherwise."""
    whole = {**collection.narrow, collection.size_parameter: 1, **query}
    return collection.resources.call(collection.prepared, headers, query=whole)


def items_of(collection: Collection, answer: Exchange) -> list[Any]:
    """Return the keys of the items that an answer shows: other members may move by themselves."""
    return collection.keys([items_on(collection.page, answer) or []])


def place_of_second_page(collection: Collection, first: Exchange) -> Any:
    """Return the parameter that leads from a first page of one item to the next page."""
    return collection.place_of(1, 1) if is_walkable(collection.operation) else collection.cursor(first)


def varies_by_origin(answer: Exchange) -> bool:
    return bool(re.search(r"\borigin\b|\*", answer.header("vary") or "", re.IGNORECASE))


def expect_counts(name: str, holds: bool, answers: list[Exchange]) -> None:
    """Expect a part of a request to count in the choice of its answer."""
    expect.that(holds, f"'{name}' does not count", expected="what was asked for", shown=answers)


@fault(test_cache_key_is_the_whole_request)
def key_is_the_path(request: Request) -> Steps:
    """The query is not part of the cache key."""
    yield from answer_from_cache(request, request.path)


@fault(test_cache_key_is_the_whole_request)
def key_lacks_the_page(request: Request) -> Steps:
    """The page number and the cursor are not part of the cache key."""
    query = {**request.query, "page": "", "cursor": ""}
    yield from answer_from_cache(request, request.path, str(query))


@fault(test_cache_key_is_the_whole_request)
def vary_is_silent(request: Request, answer: Answer) -> None:
    """Answers have no Vary field."""
    answer.headers.pop("vary", None)


@fault(test_cache_key_is_the_whole_request)
def key_lacks_the_sort(request: Request) -> Steps:
    """The order that is asked for is not part of the cache key."""
    yield from answer_from_cache(request, request.path, str({**request.query, "sort": ""}))


@fault(test_cache_key_is_the_whole_request)
def not_modified_is_kept(request: Request, answer: Answer) -> None:
    """A 304 is stored, and sent to requests without If-None-Match."""
    keep_for_the_url(request, answer, is_special=answer.status == 304)


@fault(test_cache_key_is_the_whole_request)
def part_of_the_content_is_kept(request: Request, answer: Answer) -> None:
    """The part that Range asks for is stored, and sent to requests for the whole."""
    is_part = "range" in request.headers and answer.status == 200
    if is_part:
        answer.status = 206
        answer.headers["content-range"] = f"bytes 0-0/{len(answer.body)}"
        answer.headers["content-length"] = "1"
        answer.body = answer.body[:1]
    keep_for_the_url(request, answer, is_special=is_part)


@fault(test_cache_key_is_the_whole_request)
def refused_media_type_is_kept(request: Request, answer: Answer) -> None:
    """The 406 for a media type that there is not is stored, and sent to requests for any other."""
    is_refused = request.method == "GET" and not re.search(r"json|\*/\*|^$", request.headers.get("accept", ""))
    if is_refused:
        answer.become(406)
    keep_for_the_url(request, answer, is_special=is_refused)


@fault(test_cache_key_is_the_whole_request)
def host_of_a_forwarding_field_is_kept(request: Request, answer: Answer) -> None:
    """X-Forwarded-Host goes into the links of an answer, which is stored for everybody."""
    host = request.headers.get("x-forwarded-host", "")
    is_named = bool(host) and request.method == "GET" and answer.status == 200
    if is_named:
        answer.headers["link"] = f'<https://{host}{request.path}>; rel="self"'
        answer.put(url=f"https://{host}{request.path}")
    keep_for_the_url(request, answer, is_special=is_named)


@fault(test_cache_key_is_the_whole_request)
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
