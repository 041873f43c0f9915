"""ROBUST-05: hostile values are kept or refused."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from bookplate import NotChecked, Severity, expect, experiment, fault, partly, said
from bookplate.contract import Operation, Schema, has_body, look_up
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    HOSTILE_NUMBERS,
    IN_QUERIES,
    Item,
    PreparedRequest,
    Resources,
    SingleChange,
    answers_of_lists,
    changeable_places,
    expect_deletable,
    expect_parts_readable,
    first_member,
    holds,
    hostile_values,
    is_sendable,
    lower_limits,
    members_of,
    plant_something,
    upper_limits,
    with_changes,
    writable_places,
)
from bookplate.wire import Exchange

from ._shared import AcceptableRequest, acceptable_request, expect_no_crash, is_exposed


@experiment("ROBUST-05", source="OWASP API4:2023; OWASP API8:2023", applies=is_exposed, severity=Severity.DATA)
def test_hostile_values_are_kept_or_refused(operation: Operation, resources: Resources) -> None:
    """
    Unusual text, values at the limits of their schema and very large numbers are stored as sent or refused with a 4xx.

    Limits are the longest and the empty text, the smallest and the largest number, the first and the last day, and a list
    with duplicates. Where a pattern forbids white space or invisible characters at an end, they are tried there. After a write that succeeds, whatever else shows the item still answers with a success: reads below its
    address, and lists; and what was made can be deleted there. Unusual values are tried as query parameters and as path
    arguments too, and content of 5,000 nested lists is sent; nothing is answered with a 5xx. A path argument of another
    form than the item's id never leads to the item, where ids are numbers. Where a 5xx answers the request without the
    unusual value as well, it is not checked: ROBUST-01 tells of that.

    Why it matters: users write names with accents, emoji and right-to-left text. A service that changes them without a
    word corrupts their data; one that crashes on them can be stopped by anyone. A record that breaks each list in which it
    stands stops the service for everybody.

    To mend it: store text as it came: no trimming, no normal form, no cutting. Give columns the width and the
    character set that the schema allows (utf8mb4, 64 bits). What the store cannot hold is refused by the schema
    with a 4xx.
    """
    acceptable = acceptable_request(operation, resources)

    expect_members_kept_or_refused(acceptable, resources)
    if has_body(operation):
        answer = resources.call(acceptable.prepared, acceptable.headers, body=DEEPLY_NESTED)
        expect_no_crash(answer, resources, acceptable)
    expect_queries_survived(acceptable, resources)
    for parameter in operation.parameters:
        if parameter.place == "path" and operation.response_to(404) is not None:
            is_number = parameter.schema.type == "integer"
            expect_paths_refused(operation, resources, acceptable, parameter.name, is_number=is_number)


DEEPLY_NESTED = b"[" * 5000 + b"]" * 5000
# So many members are tried one by one where they are refused together.
MOST_ALONE = 3
LONGEST_SHOWN = 60
# What is put before a text, and behind it.
AT_AN_END = ((" ", ""), ("", " "), ("", "\u200b\u200b"))


def expect_members_kept_or_refused(acceptable: AcceptableRequest, resources: Resources) -> None:
    """Write unusual values, and expect each to read as it was sent where the write succeeds, and to spoil nothing."""
    operation = acceptable.prepared.operation
    lists = readable_lists(acceptable.prepared, resources)
    written: list[Item] = []
    for changes, trial in expect.each(unusual_writes(operation, resources)):
        with trial:
            written += items_written(acceptable, resources, changes)
    if not written:
        return
    for answer in answers_of_lists(resources, written[0].creator, written[0].owner, written[0].parent):
        if answer.operation_id in lists:
            expect.success(
                answer, what="a list with what was written", because="it was one before", after=[written[-1].made]
            )
    if operation.method == "POST":
        expect_deletable(written, resources)
    else:
        restored = resources.call(acceptable.prepared, acceptable.headers, body=acceptable.body)
        expect.no_server_error(restored)


def readable_lists(prepared: PreparedRequest, resources: Resources) -> set[str | None]:
    """Return the lists that can be read before anything unusual is written."""
    item = prepared.item
    creator, parent = prepared.operation, item
    if prepared.operation.method != "POST":
        if item is None:
            return set()
        creator, parent = item.creator, item.parent
    answers = answers_of_lists(resources, creator, prepared.caller, parent)
    return {answer.operation_id for answer in answers if 200 <= answer.status < 300}


def unusual_writes(operation: Operation, resources: Resources) -> Iterator[list[SingleChange]]:
    """Yield changes to send together: each member at its limits, each text in all free texts, each number in one."""
    places = shown_places(operation, resources)
    for limits in (upper_limits, lower_limits):
        ends = [SingleChange(place, value) for place, schema in places.items() for value in [*limits(schema)][:1]]
        if ends:
            yield ends
    texts = [place for place, schema in places.items() if schema.type == "string" and hostile_values(schema)]
    numbers = [place for place, schema in places.items() if schema.type == "integer" and hostile_values(schema)]
    free = [place for place in texts if places[place].is_free_text and places[place].pattern is None]
    for group in (free or texts[:1], numbers[:1]):
        for value in hostile_values(places[group[0]]) if group else ():
            if is_sendable(value, operation):
                yield [SingleChange(place, value) for place in group]
    yield from texts_with_more_at_an_end(operation, resources, places)


def texts_with_more_at_an_end(
    operation: Operation, resources: Resources, places: Mapping[str, Schema]
) -> Iterator[list[SingleChange]]:
    """
    Yield texts with white space or invisible characters at one end, where a pattern does not allow them.

    Where nothing forbids them, a service may well take them away.
    """
    sample = resources.samples.body(operation)
    patterned = {place: schema for place, schema in places.items() if schema.pattern is not None}
    known = {place: look_up(sample, place) for place in patterned}
    for before, behind in AT_AN_END:
        texts = {place: f"{before}{text}{behind}" for place, text in known.items() if isinstance(text, str) and text}
        changes = [SingleChange(place, text) for place, text in texts.items() if not patterned[place].allows(text)]
        if changes:
            yield changes


def shown_places(operation: Operation, resources: Resources) -> dict[str, Schema]:
    """Return the places that clients are free to write, and that the answer or a read shows as the document says."""
    shown = set(operation.answered_members)
    with suppress(NotChecked):
        reader = resources.reader_of(operation) if operation.adds else resources.reader(operation)
        shown |= reader.answered_members.keys() if reader is not None else set()
    return {place: schema for place, schema in changeable_places(operation).items() if first_member(place) in shown}


def items_written(acceptable: AcceptableRequest, resources: Resources, changes: list[SingleChange]) -> Iterator[Item]:
    """Send changes together, or else one by one, and yield each item that holds them as it was sent."""
    operation = acceptable.prepared.operation
    body = with_changes(acceptable.body or {}, changes)  # content may be left out where it is optional
    answer = resources.call(acceptable.prepared, acceptable.headers, body=body)
    expect_no_crash(answer, resources, acceptable)
    # A POST that makes nothing, such as a log-in or a search, stores nothing that its answer would show.
    if answer.status < 300 and (operation.method != "POST" or operation.adds):
        item = item_of(acceptable.prepared, answer, resources)
        found = read_back(resources, acceptable.prepared, answer, item)
        for change in changes:
            expect_kept(acceptable, resources, change, [answer, found])
        if item is not None:
            expect_parts_readable(item, resources)
            yield item
    elif answer.status >= 400 and len(changes) > 1:
        for change in changes[:MOST_ALONE]:
            yield from items_written(acceptable, resources, [change])


def item_of(prepared: PreparedRequest, answer: Exchange, resources: Resources) -> Item | None:
    if prepared.operation.method != "POST":
        return prepared.item
    made = resources.item(prepared.operation, prepared.caller, answer, prepared.item)
    return resources.name_in_scripts(made)


def read_back(resources: Resources, prepared: PreparedRequest, answer: Exchange, item: Item | None) -> Exchange:
    """Read what a write has stored; a creation without a Location shows it in its answer."""
    if prepared.operation.method != "POST" or item is None:
        return resources.read(prepared)
    if item.read is not None:
        return item.read
    return resources.at_location(item) if item.location else answer


def expect_kept(
    acceptable: AcceptableRequest, resources: Resources, change: SingleChange, shown: list[Exchange]
) -> None:
    """Expect a place to read as it was sent, but where other values are not shown as they were sent either."""
    name = change.place.removeprefix("/")
    is_kept = holds(look_up(members_of(shown[-1]), change.place), change.value)
    if not is_kept and is_derived(change.place, acceptable.prepared.operation, resources):
        partly(f"'{name}': other values are not shown as they were sent either", tested="what was refused")
        return
    observed = f"'{name}' was sent as {json.dumps(change.value)[:LONGEST_SHOWN]}, and is not shown so"
    expect.that(is_kept, observed, expected="as sent, or a 4xx", shown=shown[:1])


def is_derived(place: str, operation: Operation, resources: Resources) -> bool:
    """Tell whether an ordinary value of a place is not shown as it was sent either, in an answer to the same request."""
    acceptable = acceptable_request(operation, resources)
    known = look_up(acceptable.body, place)  # content may be left out where it is optional
    ordinary = resources.samples.value(writable_places(operation)[place]) if known is None else known
    body = with_changes(acceptable.body or {}, [SingleChange(place, ordinary)])
    answer = resources.call(acceptable.prepared, acceptable.headers, body=body)
    if answer.status >= 300:
        return False
    item = item_of(acceptable.prepared, answer, resources)
    stored = members_of(read_back(resources, acceptable.prepared, answer, item))
    return bool(stored) and not holds(look_up(stored, place), ordinary)


def expect_queries_survived(acceptable: AcceptableRequest, resources: Resources) -> None:
    """Send unusual values in each query parameter; a list has an item, or nothing would be compared with them."""
    operation = acceptable.prepared.operation
    tried = [
        (each.name, value)
        for each in operation.query_parameters
        for value in IN_QUERIES.get(each.schema.type or "", ())
    ]
    if tried and operation.pagination is not None:
        plant_something(resources, operation, acceptable.prepared.item)
    for name, value in tried:
        answer = resources.call(acceptable.prepared, acceptable.headers, query={name: value}, body=acceptable.body)
        expect_no_crash(answer, resources, acceptable)


def expect_paths_refused(
    operation: Operation, resources: Resources, acceptable: AcceptableRequest, name: str, *, is_number: bool
) -> None:
    """Put large numbers, and others that begin or end as an item's id does, into the path; expect none to be found."""
    prepared = acceptable.prepared
    arguments = resources.arguments(operation, prepared.item)
    credential = prepared.caller.credential_for(operation)

    nowhere = resources.client.call(
        operation,
        arguments=operation.nowhere,
        headers=acceptable.headers,
        body=acceptable.body,
        credential=credential,
    )
    # A service may answer alike whether there is such an item or not, as to a repeated deletion.
    tells_items_apart = is_number and nowhere.status >= 400
    texts = (f"{arguments[name]}/x", f"{arguments[name]}\x00")
    for value, trial in expect.each((*HOSTILE_NUMBERS, *beyond_their_bits(arguments[name]), *texts)):
        with trial:
            elsewhere = {**arguments, name: value}
            answer = resources.client.call(
                operation,
                arguments=elsewhere,
                headers=acceptable.headers,
                body=acceptable.body,
                credential=credential,
            )

            expect.no_server_error(answer)
            is_found = answer.status < 300 and tells_items_apart
            observed = f"{said(value)} as '{name}' leads to the item {said(arguments[name])}: {answer.summary()}"
            expect.that(not is_found, observed, expected="a 4xx", shown=[answer])


def beyond_their_bits(known: Any) -> list[int]:
    """Return numbers that are an item's id where only their lower 32 or 64 bits count; none where the id is no number."""
    text = str(known)
    return [int(text) + 2**bits for bits in (32, 64)] if text.isdecimal() else []


def change_texts(request: Request, change: Callable[[str], str]) -> None:
    """Change every text of the content, where that makes a difference."""
    for name, value in request.members.items():
        if isinstance(value, str) and change(value) != value:
            request.put(**{name: change(value)})


def without_nul(text: str) -> str:
    return text.replace("\x00", "")


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@fault(test_hostile_values_are_kept_or_refused)
def text_loses_nul(request: Request) -> None:
    """NUL is removed from text before it is stored."""
    change_texts(request, without_nul)


@fault(test_hostile_values_are_kept_or_refused)
def text_is_composed(request: Request) -> None:
    """Text is stored in another Unicode normal form than it was sent in."""
    change_texts(request, composed)


@fault(test_hostile_values_are_kept_or_refused)
def large_numbers_crash(request: Request, answer: Answer) -> None:
    """A number of more than 64 bits ends in an unhandled exception."""
    if str(10**30) in f"{request.path}{request.query}{request.body!r}":
        answer.become(500)


@fault(test_hostile_values_are_kept_or_refused)
def nesting_crashes(request: Request, answer: Answer) -> None:
    """Deeply nested JSON ends in an unhandled exception."""
    if request.body.startswith(b"[" * 1000):
        answer.become(500)


@fault(test_hostile_values_are_kept_or_refused)
def text_behind_an_id_is_ignored(request: Request) -> None:
    """An encoded slash ends an id, and the text behind it makes no difference."""
    request.path = request.path.removesuffix("/x")


@fault(test_hostile_values_are_kept_or_refused)
def ids_have_32_bits(request: Request) -> None:
    """Of an id that is larger than 32 bits the lower ones count."""
    start, _, last = request.path.rpartition("/")
    if last.isdecimal():
        request.path = f"{start}/{int(last) % 2**32}"


@fault(test_hostile_values_are_kept_or_refused)
def long_text_is_cut(request: Request) -> None:
    """Text is cut after 90 characters."""
    change_texts(request, lambda text: text[:90])


@fault(test_hostile_values_are_kept_or_refused)
def unusual_items_cannot_be_deleted(request: Request, answer: Answer) -> None:
    """An item whose title has a letter beyond the first 65,536 cannot be deleted."""
    if request.method == "POST" and answer.status == 201 and "\U0001f600" in str(answer.members.get("title")):
        request.remember(answer.headers.get("location"))
    elif request.method == "DELETE" and request.path in request.memory:
        answer.become(500)


@fault(test_hostile_values_are_kept_or_refused)
def ends_are_trimmed(request: Request) -> None:
    """White space at the ends of a title is taken away without a word."""
    title = request.members.get("title")
    if isinstance(title, str):
        request.put(title=title.strip())
