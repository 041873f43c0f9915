"""ROBUST-05: hostile values are kept or refused."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, has_body
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, PreparedRequest, Resources
from bookplate.wire import Exchange

from ._shared import acceptable_request, is_exposed

TEXTS = (
    "Ame\u0301lie Am\u00e9lie \ufb01 \u05d0\u05d1 \U0001f600",  # NFD, NFC, a ligature, right to left, beyond the BMP
    "\U0001f469\u200d\U0001f680 joined",
    "abc\u202edef",
    "NUL\x00NUL",
    "lone \ud83d surrogate",
)


NUMBERS = (2**53 + 1, 2**63, 10**30)


KINDS: dict[Any, tuple[Any, ...]] = {"string": (b"\x00", b"\xff", b"\xed\xa0\x80"), "integer": NUMBERS}


DEEP = b"[" * 5000 + b"]" * 5000


@experiment("ROBUST-05", source="OWASP API4:2023; OWASP API8:2023", applies=is_exposed)
def test_hostile_values_are_kept_or_refused(operation: Operation, resources: Resources) -> None:
    """Text and numbers of every kind come back as they were sent or are refused with a 4xx; nothing is a server error."""
    prepared, body, tag = acceptable_request(operation, resources)
    for name, value in hostile_members(operation, resources):
        answer = sane(resources.call(prepared, tag, body={**body, name: value}))
        kept = found(resources, prepared, answer).json() if answer.status < 300 else {name: value}
        if not isinstance(kept, dict) or kept.get(name) != value:
            raise Violation(f"'{name}' is not {json.dumps(value)}", expected="as sent, or a 4xx", exchanges=[answer])
    if has_body(operation):
        sane(resources.call(prepared, tag, body=DEEP))
    for parameter in operation.parameters:
        name, kind = parameter.name, parameter.schema.type
        for octets in KINDS.get(kind, ()) if parameter.place == "query" else ():
            sane(resources.call(prepared, tag, query={name: octets}, body=body))
        if parameter.place == "path" and operation.documents(404, "4XX"):
            there = resources.arguments(operation, prepared.item)
            for text in (*KINDS["integer"], f"{there[name]}/x", f"{there[name]}\x00"):
                elsewhere = {**there, name: text}
                headers = {**tag, **(prepared.caller.headers() if operation.secured else {})}
                answer = sane(resources.client.call(operation, arguments=elsewhere, headers=headers, body=body))
                if answer.status < 300 and kind == "integer":
                    raise Violation(f"{text!r} leads to '{name}' {there[name]}", expected="a 4xx", exchanges=[answer])


def hostile_members(operation: Operation, resources: Resources) -> Iterator[tuple[str, Any]]:
    """Yield values for the first text and the first number that an operation takes and its answers show."""
    answered, schemas = operation.success.members, operation.members
    for kind, values_ in (("string", TEXTS), ("integer", NUMBERS)):
        free = [n for n, each in schemas.items() if each.type == kind and not each.enum and not each.is_unique]
        yield from ((name, value) for name in free[:1] if name in answered for value in values_)


def sane(answer: Exchange) -> Exchange:
    if answer.status >= 500:
        raise Violation(answer.describe(), expected="success or a 4xx", exchanges=[answer])
    return answer


def found(resources: Resources, prepared: PreparedRequest, answer: Exchange) -> Exchange:
    """Read what was written."""
    if prepared.operation.method != "POST":
        return resources.read(prepared)
    made = Item(prepared.caller, prepared.operation, answer)
    return resources.at_location(made) if answer.header("location") else answer


def bend(request: Request, change: Any) -> None:
    """Change every text of a content."""
    texts = {name: change(value) for name, value in request.members.items() if isinstance(value, str)}
    request.put(**{name: text for name, text in texts.items() if text != request.members[name]})


@fault(test_hostile_values_are_kept_or_refused)
def text_ends_at_nul(request: Request) -> None:
    """NUL is taken out without a word."""
    bend(request, lambda text: text.replace("\x00", ""))


@fault(test_hostile_values_are_kept_or_refused)
def text_is_composed(request: Request) -> None:
    """Text is stored in another normal form than it was sent in."""
    bend(request, lambda text: unicodedata.normalize("NFC", text))


@fault(test_hostile_values_are_kept_or_refused)
def large_numbers_crash(request: Request, answer: Answer) -> None:
    """A number of more than 64 bits is an unhandled exception."""
    answer.become(500, where=str(10**30) in f"{request.path}{request.query}{request.body!r}")


@fault(test_hostile_values_are_kept_or_refused)
def nesting_crashes(request: Request, answer: Answer) -> None:
    """Deeply nested JSON ends in a recursion that nobody handles."""
    answer.become(500, where=request.body.startswith(b"[" * 1000))


@fault(test_hostile_values_are_kept_or_refused)
def what_follows_an_id_is_cut_off(request: Request) -> None:
    """An encoded slash ends an id."""
    request.path = request.path.removesuffix("/x")
