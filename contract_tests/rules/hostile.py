"""Hostile input: text, numbers and JSON that software stumbles over, and text that some part of it takes for a command."""

import json
import time
import unicodedata
from collections.abc import Iterator
from statistics import median
from typing import Any
from urllib.parse import urlencode

from ..accounts import told
from ..collection import Collection
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, has_body, has_input, is_conditional_write, is_paged
from ..pointer import look_up
from ..rule import SHOULD, Violation, experiment
from ..shelf import Item, Shelf, Visit
from ..writing import values

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
PROBES = ("' OR '1'='1", "%", "_", "*", "{{7*7}}", "$(sleep 2)", "'; SELECT pg_sleep(2) --")
SLOW = 2.0


def is_exposed(operation: Operation) -> bool:
    """It takes input, and nobody's account or session is spent by it."""
    return has_input(operation) and not operation.auth_role


@experiment("ROBUST-05", source="OWASP API4:2023; OWASP API8:2023", applies=is_exposed)
def hostile_input_is_kept_or_refused(operation: Operation, shelf: Shelf) -> None:
    """Text and numbers of every kind come back as they were sent or are refused with a 4xx; nothing is a server error."""
    visit, body, tag = prepared(operation, shelf)
    for name, value in hostile_members(operation, shelf):
        answer = sane(shelf.call(visit, tag, body={**body, name: value}))
        kept = found(shelf, visit, answer).json() if answer.status < 300 else {name: value}
        if not isinstance(kept, dict) or kept.get(name) != value:
            raise Violation(f"'{name}' is not {json.dumps(value)}", expected="as sent, or a 4xx", exchanges=[answer])
    if has_body(operation):
        sane(shelf.call(visit, tag, body=DEEP))
    for parameter in operation.parameters:
        name, kind = parameter["name"], shelf.document.resolve(parameter.get("schema", {})).get("type")
        for octets in KINDS.get(kind, ()) if parameter["in"] == "query" else ():
            sane(shelf.call(visit, tag, query={name: octets}, body=body))
        if parameter["in"] == "path" and {"404", "4XX"} & operation.responses.keys():
            there = shelf.arguments(operation, visit.item)
            for text in (*KINDS["integer"], f"{there[name]}/x", f"{there[name]}\x00"):
                elsewhere = {**there, name: text}
                headers = {**tag, **(visit.caller.headers() if operation.secured else {})}
                answer = sane(shelf.client.call(operation, arguments=elsewhere, headers=headers, body=body))
                if answer.status < 300 and kind == "integer":
                    raise Violation(f"{text!r} leads to '{name}' {there[name]}", expected="a 4xx", exchanges=[answer])


def prepared(operation: Operation, shelf: Shelf) -> tuple[Visit, Any, dict[str, str]]:
    """Return what a request needs to be right: who sends it about what, a body, and the header of any tag."""
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
    return shelf.visit(operation), shelf.samples.body(operation), tag


def hostile_members(operation: Operation, shelf: Shelf) -> Iterator[tuple[str, Any]]:
    """Yield values for the first text and the first number that an operation takes and its answers show."""
    answered = shelf.document.resolve(operation.response_schema(operation.success())) or {}
    schemas = shelf.document.members(operation)
    for kind, values_ in (("string", TEXTS), ("integer", NUMBERS)):
        plain = [n for n, each in schemas.items() if shelf.document.resolve(each).get("type") == kind]
        free = [n for n in plain if not {"enum", "x-unique"} & shelf.document.resolve(schemas[n]).keys()]
        yield from ((name, value) for name in free[:1] if name in answered.get("properties", {}) for value in values_)


def sane(answer: Exchange) -> Exchange:
    if answer.status >= 500:
        raise Violation(told(answer), expected="success or a 4xx", exchanges=[answer])
    return answer


def found(shelf: Shelf, visit: Visit, answer: Exchange) -> Exchange:
    """Read what was written."""
    if visit.operation.method != "POST":
        return shelf.read(visit)
    made = Item(visit.caller, visit.operation, answer)
    return shelf.at_location(made) if answer.header("location") else answer


def may_be_told_twice(operation: Operation) -> bool:
    query = any(parameter["in"] == "query" for parameter in operation.parameters)
    searches = operation.method == "GET" and query and not operation.path_parameters
    return is_exposed(operation) and (searches or has_body(operation))


@experiment("ROBUST-07", level=SHOULD, source="RFC 8259, section 4; OWASP API8:2023", applies=may_be_told_twice)
def what_has_two_meanings_is_refused(operation: Operation, shelf: Shelf) -> None:
    """Content that names a member twice, and a query that names a single-valued parameter twice, is refused with a 4xx."""
    visit, body, tag = prepared(operation, shelf)
    answers: list[tuple[str, Exchange]] = []
    if isinstance(body, dict) and body:
        first = json.dumps(dict(list(body.items())[:1]))
        answers.append(("a member", shelf.call(visit, tag, body=f"{first[:-1]}, {json.dumps(body)[1:]}".encode())))
    for parameter in operation.parameters if operation.method == "GET" else ():
        name, allowed = parameter["name"], values(shelf.document, parameter.get("schema", {}))[:2]
        if parameter["in"] == "query" and len(allowed) > 1:
            pairs = [*shelf.samples.query(operation).items(), *((name, str(value)) for value in allowed)]
            headers = [*visit.caller.headers().items()] if operation.secured else []
            target = f"{operation.path}?{urlencode(pairs)}"
            answers.append((f"'{name}'", shelf.client.send("GET", target, headers, operation=operation)))
    for what, answer in answers:
        if not 400 <= answer.status < 500:
            raise Violation(f"{what} stands twice: {told(answer)}", expected="a 4xx", exchanges=[answer])


@experiment("ROBUST-04", level=SHOULD, source="OWASP API8:2023", applies=is_paged)
def commands_are_text(collection: Collection, shelf: Shelf) -> None:
    """What looks like a command to a database, a shell or a template finds only what contains it, and costs no time."""
    lister = collection.operation
    if not (searched := [*shelf.document.text_filters(lister).items()]):
        return
    name, places = searched[0]
    collection.plant(1)
    usual = median(shelf.call(collection.visit, query={name: f"Author {number}"}).seconds for number in range(3))
    for probe in PROBES:
        answer = shelf.call(collection.visit, query={name: probe})
        for item in look_up(answer.json(), collection.page["items"]) or ():
            texts = [str(look_up(item, place)) for place in places]
            if not any(probe.casefold() in text.casefold() for text in texts):
                observed = f"{name}={probe} finds what does not contain it: {texts[0][:60]}"
                raise Violation(observed, expected="only what contains it", exchanges=[answer])
        if answer.seconds > max(SLOW, 20 * usual):
            observed = f"{name}={probe} took {answer.seconds:.1f} s"
            raise Violation(observed, expected=f"about {usual:.2f} s, as others take", exchanges=[answer])


def bend(request: Request, change: Any) -> None:
    """Change every text of a content."""
    texts = {name: change(value) for name, value in request.members.items() if isinstance(value, str)}
    request.put(**{name: text for name, text in texts.items() if text != request.members[name]})


@hostile_input_is_kept_or_refused.broken_by
def text_ends_at_nul(request: Request) -> None:
    """NUL is taken out without a word."""
    bend(request, lambda text: text.replace("\x00", ""))


@hostile_input_is_kept_or_refused.broken_by
def text_is_composed(request: Request) -> None:
    """Text is stored in another normal form than it was sent in."""
    bend(request, lambda text: unicodedata.normalize("NFC", text))


@hostile_input_is_kept_or_refused.broken_by
def large_numbers_crash(request: Request, answer: Answer) -> None:
    """A number of more than 64 bits is an unhandled exception."""
    answer.become(500, where=str(10**30) in f"{request.path}{request.query}{request.body!r}")


@hostile_input_is_kept_or_refused.broken_by
def nesting_crashes(request: Request, answer: Answer) -> None:
    """Deeply nested JSON ends in a recursion that nobody handles."""
    answer.become(500, where=request.body.startswith(b"[" * 1000))


@hostile_input_is_kept_or_refused.broken_by
def what_follows_an_id_is_cut_off(request: Request) -> None:
    """An encoded slash ends an id."""
    request.path = request.path.removesuffix("/x")


@what_has_two_meanings_is_refused.broken_by
def the_last_one_wins(request: Request) -> None:
    """Of two members with one name the last is taken."""
    request.put()


@commands_are_text.broken_by
def percent_is_a_wildcard(request: Request) -> None:
    """The text that is looked for is put into a LIKE pattern as it stands."""
    if request.query.get("q") == "%":
        request.query["q"] = "u"
    elif request.query.get("author") == "%":
        del request.query["author"]


@commands_are_text.broken_by
def the_shell_is_asked(request: Request) -> None:
    """Text is run as a command."""
    if "sleep 2" in str(request.query):
        time.sleep(SLOW + 0.3)
        request.headers["x-slept"] = "yes"
