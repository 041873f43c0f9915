"""ERR-04: refused writes change nothing."""

import json
from collections.abc import Iterator
from typing import Any

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_conditional_write, is_creator
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, change, filterable_mark, shown

Refusal = tuple[str, dict[str, str], Any]


OTHER = '"of-nothing-at-all"'


WRONG = {"of": "a shape that no member has"}


def is_write(operation: Operation) -> bool:
    """It makes, changes or deletes what can be read."""
    return operation.method in ("PUT", "PATCH", "DELETE") or is_creator(operation)


@experiment("ERR-04", source="RFC 9110, section 15.5; RFC 5789, section 2", applies=is_write)
def test_refused_writes_change_nothing(operation: Operation, resources: Resources) -> str:
    """A write that is refused, whatever for, leaves everything as it was: no part of it is made."""
    prepared, makes = resources.prepare(operation), is_creator(operation)
    lists, mark = filterable_mark(operation, resources) if makes else ([], {})
    members = operation.members
    if makes and not lists:
        return "not checked: no list has a filter by which what was made would be found"

    def state() -> list[Any]:
        if makes:
            return [sorted(map(str, shown(each, resources, mark)[0])) for each in lists]
        found = resources.read(prepared)
        return [found.status, *((found.json() or {}).get(name) for name in members)]

    sent = {**resources.samples.body(operation), **mark} if operation.method in ("POST", "PUT") else {}
    sent |= dict([change(operation, resources.read(prepared))]) if members and not makes else {}
    for reason, headers, body in refusals(operation, resources, prepared, sent, members):
        before = state()
        answer = resources.call(prepared, headers, body=body)
        if answer.status >= 400 and before != state():
            raise Violation(f"{reason}: {answer.status}, and made", expected="no effect", exchanges=[answer])
    return ""


def refusals(
    operation: Operation, resources: Resources, prepared: PreparedRequest, sent: Any, members: Any
) -> Iterator[Refusal]:
    """Yield requests that have to be refused, each with why."""
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
    if tag:
        yield "no If-Match", {}, sent or None
        yield "a stale tag", {"If-Match": OTHER}, sent or None
    if not members:
        return
    yield "another media type", {**tag, "Content-Type": "text/unheard-of"}, sent
    yield "broken JSON", tag, json.dumps(sent).encode()[:-1]
    for name in [name for name in members if operation.method != "PATCH" or name not in sent][-1:]:
        yield f"'{name}' of another type", tag, {**sent, name: WRONG}
    for name, schema in list(operation.unique.items())[:1] if operation.documents(409) else ():
        one, other = resources.samples.twins(schema)
        creator = operation if is_creator(operation) else resources.origin(operation)
        resources.plant(creator, resources.users.owner, {f"/{name}": one})
        yield f"'{name}' taken", tag, {**sent, name: other}


def refused_after_all(wrong: object, status: int) -> Steps:
    answer = yield
    answer.become(status, {}, where=wrong and answer.status < 400)


@fault(test_refused_writes_change_nothing)
def written_before_it_is_validated(request: Request) -> Steps:
    """What is valid of the content is written before the rest is found invalid."""
    bad = [request.take(name) for name, value in request.members.items() if value == WRONG]
    yield from refused_after_all(bad, 422)


@fault(test_refused_writes_change_nothing)
def overwritten_and_told(request: Request) -> Steps:
    """A stale tag is noticed after the write."""
    stale = request.headers.get("if-match") == OTHER
    request.headers |= {"if-match": "*"} if stale else {}
    yield from refused_after_all(stale, 412)


@fault(test_refused_writes_change_nothing)
def half_of_a_conflict_is_written(request: Request) -> Steps:
    """A change whose unique value is taken is made but for that value."""
    clash = request.take("isbn") if request.method in ("PUT", "PATCH") else None
    yield from refused_after_all(clash, 409)
