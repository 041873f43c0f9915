"""SCHEMA-06: each keyword is looked at."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from bookplate import NotChecked, control, expect, experiment, fault, said
from bookplate.contract import Operation, Parameter, is_conditional_write, look_up
from bookplate.faults import Request
from bookplate.fixtures import (
    Breach,
    Resources,
    SingleChange,
    breaches,
    breaches_in_a_field,
    breaches_in_text,
    required_places,
    with_changes,
    without_places,
    writable_places,
)
from bookplate.wire import Exchange

# What may be tried many times: a refused sign-up makes no account, and a refused change is none of an account.
ROLES = ("", "register", "account")
# What HTTP says of these fields counts, and laws of their own look at them.
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range")
NO_MEMBER = "member_that_no_object_has"
# So many requests are sent to an operation; where it takes far more members, the last ones are left out.
MOST_REQUESTS = 150


def takes_what_a_schema_says(operation: Operation) -> bool:
    """It takes JSON or parameters, deletes nothing, and nobody signs in or out by it."""
    takes_json = operation.body is not None and operation.body.media_type.is_json
    is_harmless = operation.role in ROLES and operation.method != "DELETE"
    return is_harmless and (takes_json or bool(parameters_to_break(operation)))


class WrongRequest(NamedTuple):
    """A request with one mistake: what is wrong with it in words, the content, the query and the header fields."""

    mistake: str
    body: Any
    query: dict[str, Any]
    headers: dict[str, str]


@experiment("SCHEMA-06", source="OpenAPI 3.0.3, Schema Object and Parameter Object", applies=takes_what_a_schema_says)
def test_each_keyword_is_looked_at(operation: Operation, resources: Resources) -> None:
    """
    A request in which one value breaks one keyword of its schema, and that is valid otherwise, is refused with a 4xx.

    Each member of JSON, each query parameter and each header field is sent once for each keyword of its schema: just too
    long or too short, too small or too large, unlisted, with more than its pattern allows at an end or inside, of another
    type or no value of its format, and missing or null where it is required. A member that a closed object does not have
    is sent too. The same request without the mistake succeeds. What PAGE-03 says of page parameters is not tried again,
    and what SCHEMA-05 says of texts for numbers.

    Why it matters: a keyword is what developers read before they send, and what readers of the data rely on later. A
    service that cuts, rounds or drops a value in place of a refusal stores what nobody has sent, and says that all is well.

    To mend it: validate by the document itself, or generate models from it, so that each keyword counts: length,
    pattern, enum, limits and unknown members. Refuse, and do not cut, drop or replace what breaks it.
    """
    prepared = resources.prepare(operation)
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    control(
        resources.call(prepared, headers, body=resources.samples.body(operation)), "a refusal of what breaks a schema"
    )

    for wrong, trial in expect.each(islice(wrong_requests(operation, resources), MOST_REQUESTS)):
        with trial:
            answer = resources.call(prepared, {**headers, **wrong.headers}, query=wrong.query, body=wrong.body)
            expect_refused(answer, operation, wrong.mistake)


def wrong_requests(operation: Operation, resources: Resources) -> Iterator[WrongRequest]:
    """Yield requests with one mistake each: in the content, in the query, and in the header fields."""
    samples = resources.samples
    if operation.body is not None and operation.body.media_type.is_json:
        for mistake, body in wrong_contents(operation, resources):
            yield WrongRequest(mistake, body, {}, {})
    for parameter in parameters_to_break(operation):
        for mistake, value in wrong_arguments(parameter, resources):
            body = samples.body(operation)
            if parameter.place == "query":
                yield WrongRequest(mistake, body, {parameter.name: value}, {})
            else:
                yield WrongRequest(mistake, body, {}, {parameter.name: str(value)})


def wrong_contents(operation: Operation, resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield contents that the schema of an operation refuses for one of its keywords, with what is wrong in words."""
    content = resources.samples.body(operation)
    schema = operation.content_schema
    if not isinstance(content, dict) or schema is None:
        return
    required = required_places(operation)
    yield from with_a_member_too_many(operation, content)
    for place in sorted(required):
        wrong = without_places(content, [place])
        if not schema.allows(wrong, request=True):
            yield f"required: {place}", wrong
    for place, member in writable_places(operation).items():
        known = look_up(content, place)
        values = breaches(member, resources.samples.value(member) if known is None else known)
        # An optional member that is null may be one that is left out.
        null = [Breach("type", None)] if place in required and not member.allows(None, request=True) else []
        for each in (*values, *null):
            yield (
                f"{each.keyword} of {place}: {said(each.value)}",
                with_changes(content, [SingleChange(place, each.value)]),
            )


def with_a_member_too_many(operation: Operation, content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield contents with a member that a closed object does not have, in the content itself and in the objects in it."""
    if operation.content_schema is not None and operation.content_schema.is_closed:
        yield "additionalProperties", {**content, NO_MEMBER: "x"}
    for name, member in operation.members.items():
        inside = content.get(name)
        if member.is_closed and isinstance(inside, dict):
            yield f"additionalProperties of '{name}'", {**content, name: {**inside, NO_MEMBER: "x"}}


def parameters_to_break(operation: Operation) -> list[Parameter]:
    """Return the parameters whose values are one text, but for those of pages and of conditions."""
    page = operation.pagination
    of_pages = {page.size, page.place} if page is not None else set()
    found = operation.query_parameters + tuple(
        each for each in operation.header_parameters if each.name.lower() not in CONDITIONS
    )
    return [each for each in found if each.name not in of_pages and each.media_type is None and is_one_text(each)]


def is_one_text(parameter: Parameter) -> bool:
    return parameter.schema.type in ("string", "integer", "number", "boolean")


def wrong_arguments(parameter: Parameter, resources: Resources) -> Iterator[tuple[str, Any]]:
    """Yield values that the schema of a parameter refuses, with what is wrong in words; a list without items is none at all."""
    if parameter.place == "query" and parameter.required:
        yield f"required: '{parameter.name}'", []
    breaking = breaches_in_text if parameter.place == "query" else breaches_in_a_field
    for each in breaking(parameter.schema, resources.samples.argument(parameter)):
        yield f"{each.keyword} of '{parameter.name}': {said(each.value)}", each.value


def expect_refused(answer: Exchange, operation: Operation, mistake: str) -> None:
    """Expect a 4xx; NotChecked where a redirect was followed, which says nothing of what was sent."""
    if answer.method != operation.method or 300 <= answer.status < 400:
        raise NotChecked(f"{mistake}: it is answered with a redirect")
    expect.no_server_error(answer, what=mistake)
    expect.that(answer.status >= 400, f"{mistake}: {answer.describe()}", expected="a 4xx", shown=[answer])


@fault(test_each_keyword_is_looked_at)
def long_titles_are_cut(request: Request) -> None:
    """A title that is too long is cut."""
    title = request.members.get("title")
    if isinstance(title, str):
        request.put(title=title[:200])


@fault(test_each_keyword_is_looked_at)
def unknown_members_are_left_out(request: Request) -> None:
    """A member that no object has is left out."""
    members = request.members
    if members.pop(NO_MEMBER, None) is not None:
        request.rewrite(members)


@fault(test_each_keyword_is_looked_at)
def unlisted_parameters_are_left_out(request: Request) -> None:
    """A genre to filter by that is not listed is as good as none."""
    if request.query.get("genre", "fiction") not in ("fiction", "non_fiction", "science", "history"):
        request.query.pop("genre")
