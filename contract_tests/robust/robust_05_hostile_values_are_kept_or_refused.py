"""ROBUST-05: hostile values are kept or refused."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from bookplate import NotChecked, Severity, expect, experiment, fault, partly
from bookplate.contract import Operation, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, members_of
from bookplate.wire import Exchange

from ._shared import AcceptableRequest, acceptable_request, is_exposed


@experiment("ROBUST-05", source="OWASP API4:2023; OWASP API8:2023", applies=is_exposed, severity=Severity.DATA)
def test_hostile_values_are_kept_or_refused(operation: Operation, resources: Resources) -> None:
    """
    Unusual text and very large numbers are stored as they were sent or refused with a 4xx, never answered with a 5xx.

    They are tried as members of the content, as query parameters and as path arguments; content of 5,000 nested lists is
    tried too. A path argument of another form than the item's id never leads to the item, where ids are numbers.
    Where a 5xx answers the request without the unusual value as well, it is not checked: ROBUST-01 tells of that.

    Why it matters: users write names with accents, emoji and right-to-left text. A service that changes them without a
    word corrupts their data; one that crashes on them can be stopped by anyone.
    """
    acceptable = acceptable_request(operation, resources)

    expect_members_kept_or_refused(operation, resources, acceptable)
    if has_body(operation):
        answer = resources.call(acceptable.prepared, acceptable.headers, body=DEEPLY_NESTED)
        expect_no_crash(answer, resources, acceptable)
    for parameter in operation.parameters:
        if parameter.place == "query":
            for value in HOSTILE_QUERIES.get(parameter.schema.type or "", ()):
                query = {parameter.name: value}
                answer = resources.call(acceptable.prepared, acceptable.headers, query=query, body=acceptable.body)
                expect_no_crash(answer, resources, acceptable)
        if parameter.place == "path" and operation.response_to(404) is not None:
            is_number = parameter.schema.type == "integer"
            expect_paths_refused(operation, resources, acceptable, parameter.name, is_number=is_number)


TEXTS = (
    "Ame\u0301lie Am\u00e9lie \ufb01 \u05d0\u05d1 \U0001f600",  # NFD, NFC, a ligature, right to left, beyond the BMP
    "\U0001f469\u200d\U0001f680 joined",
    "abc\u202edef",
    "NUL\x00NUL",
    "lone \ud83d surrogate",
)
NUMBERS = (2**53 + 1, 2**63, 10**30)
HOSTILE_MEMBERS: dict[str, tuple[Any, ...]] = {"string": TEXTS, "integer": NUMBERS}
HOSTILE_QUERIES: dict[str, tuple[Any, ...]] = {"string": (b"\x00", b"\xff", b"\xed\xa0\x80"), "integer": NUMBERS}
SERVER_ERROR = 500
DEEPLY_NESTED = b"[" * 5000 + b"]" * 5000


def expect_members_kept_or_refused(operation: Operation, resources: Resources, acceptable: AcceptableRequest) -> None:
    """Write hostile values, and expect each to read as it was sent where the write succeeds."""
    for (name, value), trial in expect.each(hostile_members(operation)):
        with trial:
            body = {**(acceptable.body or {}), name: value}  # content may be left out where it is optional
            answer = resources.call(acceptable.prepared, acceptable.headers, body=body)

            expect_no_crash(answer, resources, acceptable)
            # A POST that makes nothing, such as a log-in or a search, stores nothing that its answer would show.
            if answer.status < 300 and (operation.method != "POST" or operation.adds):
                stored = members_of(read_back(resources, acceptable.prepared, answer))
                is_kept = stored.get(name) == value
                if not is_kept and is_derived(name, operation, resources):
                    partly(f"'{name}': other values are not shown as they were sent either", tested="what was refused")
                    continue
                observed = f"'{name}' is not {json.dumps(value)}"
                expect.that(is_kept, observed, expected="as sent, or a 4xx", shown=[answer])


def expect_no_crash(answer: Exchange, resources: Resources, acceptable: AcceptableRequest) -> None:
    """Expect no 5xx; raise NotChecked where the request without the hostile value gets one as well."""
    if answer.status >= SERVER_ERROR:
        ordinary = resources.call(acceptable.prepared, acceptable.headers, body=acceptable.body)
        if ordinary.status >= SERVER_ERROR:
            raise NotChecked(f"an ordinary request is no better off: {ordinary.describe()}")
    expect.no_server_error(answer)


def is_derived(name: str, operation: Operation, resources: Resources) -> bool:
    """Tell whether an ordinary value of a member is not shown as it was sent either, in an answer to the same request."""
    acceptable = acceptable_request(operation, resources)
    sent = {name: resources.samples.value(operation.members[name]), **(acceptable.body or {})}
    answer = resources.call(acceptable.prepared, acceptable.headers, body=sent)
    stored = members_of(read_back(resources, acceptable.prepared, answer)) if answer.status < 300 else {}
    return bool(stored) and stored.get(name) != sent[name]


def hostile_members(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield values for the first free text and the first free number of the content, where the answer shows them."""
    for kind, values in HOSTILE_MEMBERS.items():
        free = [
            name
            for name, schema in operation.members.items()
            if schema.type == kind and not schema.enum and not schema.is_unique
        ]
        if free and free[0] in operation.answered_members:
            for value in values:
                yield free[0], value


def read_back(resources: Resources, prepared: PreparedRequest, answer: Exchange) -> Exchange:
    """Read what a write has stored; a creation without a Location shows it in its answer."""
    if prepared.operation.method != "POST":
        return resources.read(prepared)
    item = resources.item(prepared.operation, prepared.caller, answer, prepared.item)
    if item.read is not None:
        return item.read
    return resources.at_location(item) if item.location else answer


def expect_paths_refused(
    operation: Operation, resources: Resources, acceptable: AcceptableRequest, name: str, *, is_number: bool
) -> None:
    """Put large numbers, and texts that begin with an item's id, into the path, and expect no number to be found."""
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
    values = (*NUMBERS, f"{arguments[name]}/x", f"{arguments[name]}\x00")
    for value, trial in expect.each(values):
        with trial:
            elsewhere = {**arguments, name: value}
            answer = resources.client.call(
                operation,
                arguments=elsewhere,
                headers=acceptable.headers,
                body=acceptable.body,
                credential=credential,
            )

            expect_no_crash(answer, resources, acceptable)
            is_found = answer.status < 300 and tells_items_apart
            observed = f"{value!r} leads to '{name}' {arguments[name]}"
            expect.that(not is_found, observed, expected="a 4xx", shown=[answer])


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
