"""HTTP-03: fields and content agree."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bookplate import NotExercised, expect, fault, invariant, rests_on, said
from bookplate.contract import Document, Fact, Operation, Origin, Response, look_up, member_at
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange, links_of_field


def has_members(exchange: Exchange) -> bool:
    return isinstance(exchange.json_or_none(), dict)


def may_say_twice(operation: Operation) -> bool:
    """It documents an answer with a header field and a member that are called as if they said the same."""
    return any(names_in_both(response) for response in operation.responses.values())


def names_in_both(response: Response) -> bool:
    fields = {name.lower() for name in response.headers}
    members = set(response.schema.members) if response.schema else set()
    inner = {name for each in members for name in response.schema.members[each].members} if response.schema else set()
    named = members | inner
    ids = {plain(field) for field in fields if REQUEST_ID.fullmatch(field)}
    return bool(
        ids & set(map(plain, named))
        or ("retry-after" in fields and named & set(WAITS))
        or ("x-total-count" in fields and named & set(TOTALS))
        or ("link" in fields and named & {"links", "_links", *RELATIONS})
        or ("location" in fields and named & {"links", "_links", "self"})
    )


@invariant("HTTP-03", source="RFC 9110, section 6.3; RFC 8288", applies=may_say_twice, when=has_members)
def fields_and_content_agree(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    What an answer says in a header field and in a member of its content is the same.

    Compared are the id of the request, the time to wait (Retry-After), the place of what was made (Location), the links to
    other pages (Link) and the number of all items (X-Total-Count). That a member says the same as a field is a guess from
    their names, so that a difference only warns, unless the document gives both the format `request-id`, or
    `delay-seconds`.

    Why it matters: some clients read the field and others read the member. Where the two differ, one kind of client looks
    for the wrong request, waits too short a time, or goes to another page.

    To mend it: compute the value once, and write it into header field and content. Where two layers do it, let the
    outer one read it from the inner one.
    """
    pairs = [*said_twice(exchange)]
    if not pairs:
        raise NotExercised("nothing is said twice")
    for pair in pairs:
        if pair.of_field != pair.of_member and not has_one_format(pair, exchange, operation):
            rests_on(
                Fact(pair.member, Origin.GUESSED, f"{pair.member} is called as if it said the same as {pair.field}")
            )
        observed = f"{pair.field} says {said(pair.of_field)}, and {pair.member} says {said(pair.of_member)}"
        expect.that(pair.of_field == pair.of_member, observed, expected="the same in both", shown=[exchange])


# Formats that say what a text or a number means, and not only its form.
TELLING = ("request-id", "delay-seconds")


def has_one_format(pair: "Said", exchange: Exchange, operation: Operation | None) -> bool:
    """Tell whether the document gives the field and the member one format that says what they mean."""
    response = operation.response_to(exchange.status) if operation is not None else None
    header = response.header(pair.field) if response is not None else None
    media = response.media_for(exchange.header("content-type")) if response is not None else None
    member = member_at(media.schema, pair.member) if media is not None else None
    formats = [each.format for each in (header.schema if header else None, member) if each is not None]
    return len(formats) == 2 and formats[0] == formats[1] and formats[0] in TELLING


class Said(NamedTuple):
    """What a header field says, and what a member says of the same."""

    field: str
    of_field: Any
    member: str
    of_member: Any


REQUEST_ID = re.compile("(x-)?(request|correlation|trace)-?id")
# Objects in which an error, or what is said of a page, may stand by itself.
WRAPPERS = ("", "/error", "/meta", "/pagination", "/page")
WAITS = ("retry_after", "retryAfter", "retry_after_seconds", "retryAfterSeconds")
TOTALS = ("total", "total_count", "totalCount", "total_items", "totalItems", "totalElements")
SELF = ("/links/self", "/links/self/href", "/_links/self/href", "/_links/self", "/self")
PLACES_OF_LINKS = ("/links/{}", "/links/{}/href", "/_links/{}/href", "/{}", "/pagination/{}", "/paging/{}", "/meta/{}")
RELATIONS = ("next", "prev", "first", "last")


def said_twice(exchange: Exchange) -> Iterator[Said]:
    """Yield what an answer says in a field and in a member."""
    content = exchange.json()
    yield from ids_of_the_request(exchange, content)
    yield from times_to_wait(exchange, content)
    yield from places_of_the_new(exchange, content)
    yield from links_to_pages(exchange, content)
    yield from totals(exchange, content)


def ids_of_the_request(exchange: Exchange, content: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the id of the request: the name of the member is that of the field, written otherwise."""
    fields = {plain(name): (name, text) for name, text in exchange.headers if REQUEST_ID.fullmatch(name)}
    for wrapper in WRAPPERS:
        holder = look_up(content, wrapper)
        for name, value in holder.items() if isinstance(holder, dict) else ():
            if plain(name) in fields and isinstance(value, str):
                field, text = fields[plain(name)]
                yield Said(field, text, f"{wrapper}/{name}", value)


def plain(name: str) -> str:
    """Return a name without what spellings differ in: `X-Request-Id` and `requestId` are one."""
    return re.sub("[^a-z]", "", name.lower()).removeprefix("x")


def times_to_wait(exchange: Exchange, content: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the seconds to wait, where the field has seconds and no date."""
    text = exchange.header("retry-after") or ""
    for wrapper in WRAPPERS if text.isascii() and text.isdigit() else ():
        for name in WAITS:
            value = look_up(content, f"{wrapper}/{name}")
            if type(value) in (int, float):
                yield Said("Retry-After", int(text), f"{wrapper}/{name}", value)


def places_of_the_new(exchange: Exchange, content: Mapping[str, Any]) -> Iterator[Said]:
    """Yield where what was made is, as a link to itself says."""
    location = exchange.header("location")
    if location is None or exchange.status != 201:
        return
    for pointer in SELF:
        value = look_up(content, pointer)
        if isinstance(value, str) and value:
            yield Said("Location", place(exchange, location), pointer, place(exchange, value))


def links_to_pages(exchange: Exchange, content: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the links to other pages. A member that is null says that there is none; a number is no link."""
    if exchange.header("link") is None or exchange.method != "GET" or exchange.status != 200:
        return
    links = dict(links_of_field(exchange.header("link") or ""))
    for relation in RELATIONS if links.keys() & set(RELATIONS) else ():
        for pointer in PLACES_OF_LINKS:
            pointer = pointer.format(relation)
            holder = look_up(content, pointer.rpartition("/")[0])
            value = look_up(content, pointer)
            is_null = value is None and isinstance(holder, dict) and relation in holder
            if is_null or (isinstance(value, str) and "/" in value):
                of_field = place(exchange, links[relation]) if relation in links else None
                yield Said(f"Link rel={relation}", of_field, pointer, None if is_null else place(exchange, value))


def place(exchange: Exchange, reference: str) -> str:
    """Return the path and the query that a reference leads to, whatever host it names; parameters stand in one order."""
    split = urlsplit(urljoin(exchange.url, reference))
    query = urlencode(sorted(parse_qsl(split.query, keep_blank_values=True)))
    return f"{split.path}?{query}" if query else split.path


def totals(exchange: Exchange, content: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the number of all items of a list."""
    text = exchange.header("x-total-count") or ""
    for wrapper in WRAPPERS if text.isascii() and text.isdigit() else ():
        for name in TOTALS:
            value = look_up(content, f"{wrapper}/{name}")
            if type(value) is int:
                yield Said("X-Total-Count", int(text), f"{wrapper}/{name}", value)


@fault(fields_and_content_agree)
def problem_names_another_request(request: Request, answer: Answer) -> None:
    """The id of the request in the content is not the one in its header field."""
    if "request_id" in answer.members:
        answer.put(request_id=f"{request.times('requests'):016x}")


@fault(fields_and_content_agree, statuses=(401, 404))
def problem_names_another_time(request: Request, answer: Answer) -> None:
    """The content says another time to wait than Retry-After."""
    answer.headers["retry-after"] = "5"
    answer.put(retry_after=1)


@fault(fields_and_content_agree, statuses=(200,))
def field_leads_to_another_page(request: Request, answer: Answer) -> None:
    """The Link field leads to the first page where the content leads to the next one."""
    answer.edit("link", r"page=\d+(&per_page=\d+>; rel=\"next\")", r"page=1\1")


@fault(fields_and_content_agree, statuses=(200,))
def field_counts_the_page(request: Request, answer: Answer) -> None:
    """X-Total-Count counts the items of the page."""
    pages = answer.members.get("pagination")
    if isinstance(pages, dict) and isinstance(pages.get("total_items"), int):
        answer.headers["x-total-count"] = str(pages["total_items"] + 1)


@fault(fields_and_content_agree, statuses=(201,))
def content_is_elsewhere(request: Request, answer: Answer) -> None:
    """The content of a creation has a link to another item than Location."""
    answer.put(links={"self": f"{answer.headers.get('location', '')}0"})
