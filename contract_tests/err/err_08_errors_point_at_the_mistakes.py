"""ERR-08: errors point at the mistakes."""

from collections.abc import Iterator
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, Schema, escape, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import WRONG_TYPE, Resources
from bookplate.wire import Exchange

FORMAT = "json-pointer"
ABOUT_CONTENT = (400, 422)
MISTAKES = 2


def points_at_mistakes(operation: Operation) -> bool:
    """It takes JSON with members, and a refusal of content lists pointers."""
    has_members = operation.body is not None and operation.body.media_type.is_json and bool(operation.members)
    return has_members and any(pointer_member(operation, status) for status in ABOUT_CONTENT)


@experiment("ERR-08", source="RFC 6901, section 3; #/paths", applies=points_at_mistakes)
def test_errors_point_at_the_mistakes(operation: Operation, resources: Resources) -> None:
    """
    Where a refusal lists places in the format `json-pointer`, each member with a wrong type is among them.

    Good content is sent with a value of a type that its schema forbids in one member, and then in two. A refusal with
    another status than 400 or 422 says nothing of the content.

    Why it matters: a form shows the message beside the field that is wrong. Where the pointer names another one, or the
    first mistake alone, its user mends one field after the other and does not get on.
    """
    prepared = resources.prepare(operation)
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    content = resources.content(prepared)
    refusing = [name for name, member in operation.members.items() if not member.allows(WRONG_TYPE, request=True)]
    if not isinstance(content, dict) or not refusing:
        raise NotChecked("its schema forbids no type of a member")

    for count in range(1, min(MISTAKES, len(refusing)) + 1):
        wrong = refusing[:count]
        answer = resources.call(prepared, headers, body={**content, **dict.fromkeys(wrong, WRONG_TYPE)})
        if answer.status not in ABOUT_CONTENT or pointer_member(operation, answer.status) is None:
            raise NotChecked(f"content of a wrong type: {answer.describe()}")
        missing = [name for name in wrong if not names(pointers_of(operation, answer), name)]
        observed = f"wrong are {', '.join(wrong)}; listed: {', '.join(pointers_of(operation, answer)) or 'nothing'}"
        expect.that(not missing, observed, expected=f"/{' and /'.join(wrong)} among them", shown=[answer])


def pointer_member(operation: Operation, status: int) -> tuple[str, str] | None:
    """Return the list of a refusal and the member of its items that is a pointer, by their names; None where there is none."""
    for media in operation.response(status).content.values():
        for name, member in media.schema.properties.items() if media.schema is not None else ():
            pointers = [inner for inner, each in members_of_items(member) if each.format == FORMAT]
            if pointers:
                return name, pointers[0]
    return None


def members_of_items(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the members that the items of a list may have, by their names."""
    if schema.items is not None:
        yield from schema.items.properties.items()


def pointers_of(operation: Operation, answer: Exchange) -> list[str]:
    """Return the pointers that a refusal lists."""
    found = pointer_member(operation, answer.status)
    content: Any = answer.json()
    listed = content.get(found[0]) if found and isinstance(content, dict) else None
    return [str(each.get(found[1])) for each in listed or () if isinstance(each, dict)] if found else []


def names(pointers: list[str], member: str) -> bool:
    """Tell whether a pointer leads to a member of the content, or to something within it."""
    place = f"/{escape(member)}"
    return any(each == place or each.startswith(f"{place}/") for each in pointers)


@fault(test_errors_point_at_the_mistakes, statuses=(422,))
def pointers_are_names(request: Request, answer: Answer) -> None:
    """An error names the member without a slash."""
    listed = answer.members.get("errors") or []
    answer.put(errors=[{**each, "pointer": each["pointer"].strip("/")} for each in listed])


@fault(test_errors_point_at_the_mistakes, statuses=(422,))
def one_error_at_a_time(request: Request, answer: Answer) -> None:
    """The first of several errors is listed alone."""
    answer.put(errors=(answer.members.get("errors") or [])[:1])
