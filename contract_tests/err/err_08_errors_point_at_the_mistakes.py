"""ERR-08: errors point at the mistakes."""

from collections.abc import Iterator
from typing import Any

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, Parameter, Schema, escape, has_body, is_conditional_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import WRONG_TYPE, PreparedRequest, Resources
from bookplate.wire import Exchange

FORMAT = "json-pointer"
ABOUT_CONTENT = (400, 422)
CONFLICT = 409
MISTAKES = 2


def points_at_mistakes(operation: Operation) -> bool:
    """It takes JSON with members, or parameters that can be wrong, and a refusal of content lists pointers."""
    can_be_wrong = takes_members(operation) or bool(wrong_parameters(operation))
    is_told = any(pointer_member(operation, status) for status in ABOUT_CONTENT)
    return (can_be_wrong and is_told) or names_what_is_taken(operation)


def names_what_is_taken(operation: Operation) -> bool:
    """Tell whether it makes or changes items with unique values, and a conflict lists pointers."""
    is_told = operation.documents(CONFLICT) and pointer_member(operation, CONFLICT) is not None
    return is_told and bool(operation.unique) and takes_members(operation)


def takes_members(operation: Operation) -> bool:
    """Tell whether it takes JSON with members."""
    return operation.body is not None and operation.body.media_type.is_json and bool(operation.members)


@experiment("ERR-08", source="RFC 6901, section 3; #/paths", applies=points_at_mistakes)
def test_errors_point_at_the_mistakes(operation: Operation, resources: Resources) -> None:
    """
    Where a refusal lists places in the format `json-pointer`, each member with a wrong type is among them.

    Good content is sent with a value of a type that its schema forbids in one member, and then in two. A refusal with
    another status than 400 or 422 says nothing of the content. Then each parameter of a query or a path that has to be a
    number is sent as one that its schema forbids, or as text. Where the refusal lists a place, a step of it is the name of
    the parameter: `/page` and `/query/page` both name it. One that lists no place says nothing. A whole number just above
    its maximum, and one of twenty digits, are refused with the same codes: members with a pattern or an enum beside the
    pointer. At last each unique value is made or changed to that another item has. Where a 409 lists places, the member
    with this value is among them.

    Why it matters: a form shows the message beside the field that is wrong. Where the pointer names another one, or the
    first mistake alone, its user mends one field after the other and does not get on.

    To mend it: collect all errors of validation in place of ending at the first. Write each place as a JSON
    pointer, with a slash before each step. Name the parameter where the query or the path is wrong.
    """
    prepared = resources.prepare(operation)
    is_told = any(pointer_member(operation, status) for status in ABOUT_CONTENT)
    if takes_members(operation) and is_told:
        expect_members_named(operation, prepared, resources)
        for (name, most), trial in expect.each(bounded_members(operation)):
            with trial:
                expect_one_code(prepared, resources, name, most)
    for (parameter, value), trial in expect.each(wrong_parameters(operation)):
        with trial:
            expect_parameter_named(operation, prepared, resources, parameter, value)
    if names_what_is_taken(operation):
        for (name, schema), trial in expect.each(operation.unique.items()):
            with trial:
                expect_taken_named(prepared, resources, name, schema)


def expect_taken_named(prepared: PreparedRequest, resources: Resources, name: str, schema: Schema) -> None:
    """Ask for two items that have one unique value in common, and nothing else; expect the refusal to name its member."""
    taken = {name: resources.samples.equivalent(schema)[0]}
    other = prepared if prepared.operation.adds else resources.prepare(prepared.operation)
    answers = [give(each, taken, resources) for each in (other, prepared)]
    if answers[-1].status != CONFLICT:
        raise NotChecked(f"'{name}' is taken: {answers[-1].describe()}")
    places = pointers_of(prepared.operation, answers[-1])
    observed = f"taken is '{name}'; listed: {', '.join(map(repr, places))}"
    expect.that(not places or names(places, name), observed, expected=f"/{name} among them", shown=answers)


def give(prepared: PreparedRequest, value: dict[str, str], resources: Resources) -> Exchange:
    """Make an item with a value, or give it to the one that is named."""
    tag = None if prepared.operation.adds else resources.read(prepared).header("etag")
    return resources.write(prepared, tag, {**resources.content(prepared), **value})


def expect_members_named(operation: Operation, prepared: PreparedRequest, resources: Resources) -> None:
    """Send content with one member of a wrong type, and with two, and expect each to be named."""
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


FAR_ABOVE = 10**19  # beyond 64 bits, which parsers treat apart


def bounded_members(operation: Operation) -> list[tuple[str, int]]:
    """Return the members that have to be whole numbers up to a maximum, with it."""
    bounds = {name: each.maximum for name, each in operation.members.items() if each.type == "integer"}
    return [(name, int(most)) for name, most in bounds.items() if most is not None and most + 1 < FAR_ABOVE]


def expect_one_code(prepared: PreparedRequest, resources: Resources, name: str, most: int) -> None:
    """Send a number just above a maximum and one far above it; where both are told with codes, expect the same ones."""
    headers = {"If-Match": "*"} if is_conditional_write(prepared.operation) else {}
    content = resources.content(prepared)
    values = (most + 1, FAR_ABOVE)
    answers = [resources.call(prepared, headers, body={**content, name: value}) for value in values]
    near, far = [codes_of(prepared.operation, answer, name) for answer in answers]
    if near and far and answers[0].status == answers[1].status:
        observed = f"'{name}' is told with {', '.join(near)} at {values[0]}, and with {', '.join(far)} at {values[1]}"
        expect.that(near == far, observed, expected="one code for both, as they break one rule", shown=answers)


def codes_of(operation: Operation, answer: Exchange, member: str) -> list[str]:
    """Return what programs read of a member in a refusal: texts that have a pattern or an enum."""
    found = pointer_member(operation, answer.status) if answer.status in ABOUT_CONTENT else None
    if found is None:
        return []
    codes = [
        name
        for media in operation.response(answer.status).content.values()
        for name, each in (members_of_items(media.schema.properties[found[0]]) if media.schema is not None else ())
        if name != found[1] and each.type == "string" and (each.pattern or each.enum)
    ]
    listed = answer.json().get(found[0]) or []
    about_it = [each for each in listed if isinstance(each, dict) and names([str(each.get(found[1]))], member)]
    return [str(each[code]) for each in about_it for code in codes if code in each]


# What a number is not, and numbers that a schema may forbid.
NO_NUMBERS: dict[str, tuple[int | str, ...]] = {"query": ("x",), "path": (2**63, 0)}


def wrong_parameters(operation: Operation) -> list[tuple[Parameter, int | str]]:
    """Return the parameters that have to be whole numbers, each with a value that its schema forbids."""
    found: list[tuple[Parameter, int | str]] = []
    for parameter in operation.parameters:
        forbidden = [
            each
            for each in NO_NUMBERS.get(parameter.place, ())
            if parameter.schema.type == "integer" and not parameter.schema.allows(each, request=True)
        ]
        found += [(parameter, each) for each in forbidden[:1]]
    return found


def expect_parameter_named(
    operation: Operation, prepared: PreparedRequest, resources: Resources, parameter: Parameter, value: int | str
) -> None:
    """Send a request with a wrong parameter, and expect one of the places that its refusal lists to name it."""
    arguments = resources.arguments(operation, prepared.item) if operation.path_parameters else {}
    query = resources.samples.query(operation)
    changed = arguments if parameter.place == "path" else query
    changed = {**changed, parameter.name: value}
    answer = resources.client.call(
        operation,
        arguments=changed if parameter.place == "path" else arguments,
        query=changed if parameter.place == "query" else query,
        headers={"If-Match": "*"} if is_conditional_write(operation) else {},
        body=resources.samples.body(operation) if has_body(operation) else None,
        credential=prepared.caller.credential_for(operation),
        address=prepared.caller.address,
    )
    if answer.status not in ABOUT_CONTENT or pointer_member(operation, answer.status) is None:
        return
    places = [each for each in pointers_of(operation, answer) if each.strip("#/")]
    is_named = any(escape(parameter.name) in each.split("/") for each in places)
    observed = f"wrong is '{parameter.name}' in the {parameter.place}; listed: {', '.join(places) or 'nothing'}"
    expect.that(is_named or not places, observed, expected="a place that names it", shown=[answer])


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


@fault(test_errors_point_at_the_mistakes, statuses=(422,))
def what_is_far_above_is_below(request: Request, answer: Answer) -> None:
    """A number of twenty digits is told with the code of one that is too small, as it has become an infinity."""
    if any(isinstance(value, int) and value >= FAR_ABOVE for value in request.members.values()):
        listed = answer.members.get("errors") or []
        answer.put(errors=[{**each, "code": each["code"].replace("maximum", "minimum")} for each in listed])


@fault(test_errors_point_at_the_mistakes, statuses=(400,))
def parameters_have_no_name(request: Request, answer: Answer) -> None:
    """An error in a query or a path names the part of the request, and not the parameter."""
    listed = answer.members.get("errors") or []
    answer.put(errors=[{**each, "pointer": each["pointer"].rpartition("/")[0]} for each in listed])


@fault(test_errors_point_at_the_mistakes, statuses=(409,))
def the_first_unique_member_is_named(request: Request, answer: Answer) -> None:
    """A conflict names the first unique member of the content, whichever is taken."""
    listed, first = answer.members.get("errors") or [], min(UNIQUE & request.members.keys(), default="")
    answer.put(errors=[{**each, "pointer": f"/{first}"} for each in listed])


@fault(test_errors_point_at_the_mistakes, statuses=(409,))
def changes_conflict_with_their_path(request: Request, answer: Answer) -> None:
    """Where a change takes the value of another item, the conflict points at the path."""
    listed = answer.members.get("errors") or []
    if request.method != "POST":
        answer.put(errors=[{**each, "pointer": "/path"} for each in listed])


@fault(test_errors_point_at_the_mistakes, statuses=(409,))
def conflicts_name_the_index(request: Request, answer: Answer) -> None:
    """A conflict names the index of the database that refused the value."""
    listed = answer.members.get("errors") or []
    answer.put(errors=[{**each, "pointer": f"/ix_{each['pointer'].strip('/')}"} for each in listed])


UNIQUE = {"email", "username", "isbn"}
