"""CACHE-04: errors are not stored."""

from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_creator
from bookplate.faults import Answer, Request
from bookplate.fixtures import Item, PreparedRequest, Resources, prepare_read
from bookplate.wire import Exchange, lifetime, succeeded


def may_fail_or_make(operation: Operation) -> bool:
    return is_creator(operation) or (operation.method == "GET" and operation.answers_with(401, 404))


@experiment("CACHE-04", source="RFC 9111, section 3; RFC 9110, section 9.3.3", applies=may_fail_or_make)
def test_errors_are_not_stored(operation: Operation, resources: Resources) -> None:
    """
    After a 401 or 404, the same request with a good token, or for an item made since, gets 200.

    An error has no lifetime in its Cache-Control, unless the document declares one for it. Two equal POSTs make two
    items: the answer to the first is no answer to the second.

    Why it matters: a user logs in again, or creates the missing item, and still gets the old error. When a POST is
    answered from a cache, the client believes that a second item exists.

    To mend it: store successes alone, and let errors have `Cache-Control: no-store`. Never store the answer to a
    POST. Drop the stored answer of a path when something is made there.
    """
    if operation.method == "POST":
        expect_two_items_from_two_posts(operation, resources)
        return
    prepared = prepare_read(resources, operation)
    succeeded(resources.call(prepared), "there is nothing to read")

    errors = unauthorized(resources, prepared)
    later = [resources.call(prepared)]
    if prepared.item and not prepared.item.creator.role and operation.answers_with(404):
        coming = next_arguments(resources, operation, prepared.item)
        errors += [ask_for(resources, prepared, coming), ask_for(resources, prepared, coming)]
        made = resources.plant(prepared.item.creator, prepared.item.owner)
        later.append(resources.call(PreparedRequest(operation, prepared.caller, made)))
        if resources.arguments(operation, made) != coming:
            partly("a 404 before the item was made: ids cannot be guessed", tested="errors of other kinds")

    if not any(error.status >= 400 for error in errors):
        raise NotChecked(
            "no request was refused that a later one mends: a bad token is taken, and ids cannot be guessed"
        )
    answers = [*errors, *later]
    for answer in answers:
        declared = operation.response(answer.status).header("Cache-Control") is not None
        expect.that(
            answer.status < 400 or declared or not lifetime(answer),
            f"an error may be kept for {lifetime(answer)} s: {answer.describe()}",
            expected="no error kept",
            shown=answers,
        )
    for answer in later:
        expect.that(answer.status == 200, f"after an error: {answer.describe()}", expected="200", shown=answers)


def unauthorized(resources: Resources, prepared: PreparedRequest) -> list[Exchange]:
    """Send a request with a bad token twice, where the document has a 401 for that."""
    if not prepared.operation.answers_with(401):
        return []
    bad = {"Authorization": "Bearer of-nothing"}
    return [resources.ask(prepared, None, bad), resources.ask(prepared, None, bad)]


def next_arguments(resources: Resources, operation: Operation, item: Item) -> dict[str, Any]:
    """Return the path arguments that the item made after this one has, where ids are counted."""
    present = resources.arguments(operation, item)
    coming = {name: value + 1 for name, value in present.items() if isinstance(value, int)}
    for value in coming.values():
        resources.script.count_on(value - 1, item.made)
    return coming


def ask_for(resources: Resources, prepared: PreparedRequest, arguments: dict[str, Any]) -> Exchange:
    """Send a request with other path arguments."""
    credential = prepared.caller.credential_for(prepared.operation)
    return resources.client.call(prepared.operation, arguments=arguments, credential=credential)


def expect_two_items_from_two_posts(creator: Operation, resources: Resources) -> None:
    first = resources.plant(creator)
    parent = resources.subject(creator) if creator.path_parameters else None

    if not any(resources.key(first)):
        raise NotChecked("two items cannot be told apart: their answers show no id, in a member or a Location")
    sent_as = {"Content-Type": first.made.request_header("content-type") or ""}
    again = resources.call(PreparedRequest(creator, first.owner, parent), sent_as, body=first.made.request_body)

    if not 200 <= again.status < 300:
        raise NotChecked(f"nothing can be made twice: {again.describe()}")
    second = resources.item(creator, first.owner, again, parent)
    expect.that(
        resources.key(second) != resources.key(first),
        "two equal POSTs are answered with one item",
        expected="two",
        shown=[first.made, again],
    )


def repeat_for_ever(request: Request, answer: Answer, status: int) -> None:
    """Answer a URL with a status for ever, once it was answered so."""
    is_stored = request.method == "GET" and request.path in request.memory
    if answer.status == status or is_stored:
        stored = request.memory.setdefault(request.path, answer.copy())
        answer.repeat(stored)


@fault(test_errors_are_not_stored)
def what_was_not_there_is_never_there(request: Request, answer: Answer) -> None:
    """A 404 stays in the cache when the item is made."""
    repeat_for_ever(request, answer, 404)


@fault(test_errors_are_not_stored)
def refused_for_ever(request: Request, answer: Answer) -> None:
    """A 401 stays in the cache and is sent to every later caller."""
    repeat_for_ever(request, answer, 401)


@fault(test_errors_are_not_stored)
def errors_have_a_lifetime(request: Request, answer: Answer) -> None:
    """Answers without a Cache-Control, which are the errors, may be kept for a minute."""
    answer.headers.setdefault("cache-control", "max-age=60")


@fault(test_errors_are_not_stored, statuses=(201,))
def posts_are_kept(request: Request, answer: Answer) -> None:
    """A POST with the same content as before gets the stored answer."""
    stored = request.memory.setdefault((request.path, request.body), answer.copy())
    answer.repeat(stored)
