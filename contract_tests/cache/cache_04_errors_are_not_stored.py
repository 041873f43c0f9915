"""CACHE-04: errors are not stored."""

import json

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_creator, look_up
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, reading
from bookplate.wire import lifetime


def may_fail_or_make(operation: Operation) -> bool:
    return is_creator(operation) or (operation.method == "GET" and operation.documents(401, 404))


@experiment("CACHE-04", source="RFC 9111, section 3; RFC 9110, section 9.3.3", applies=may_fail_or_make)
def test_errors_are_not_stored(operation: Operation, resources: Resources) -> str:
    """
    An error is no answer to a later request that is in order, nor may be used for a while, and two equal POSTs are two.

    Who came with a bad token, or for what was not made yet, comes again with a good one, or once it is made.
    """
    if operation.method == "POST":
        return two_posts_are_two(resources, operation)
    prepared, said = reading(resources, operation), ""
    bad, good = {"Authorization": "Bearer of-nothing"}, prepared.caller.headers() if operation.secured else {}
    errors = [resources.ask(prepared, None, bad) for _ in "12" if operation.documents(401)]
    after = [resources.call(prepared)]
    if prepared.item and not prepared.item.creator.role and operation.documents(404):
        found = resources.arguments(operation, prepared.item).items()
        coming = {name: value + 1 for name, value in found if isinstance(value, int)}
        for value in coming.values():
            resources.script.count_on(value - 1, prepared.item.made)
        errors += [resources.client.call(operation, arguments=coming, headers=good) for _ in "12"]
        made = resources.plant(prepared.item.creator, prepared.item.owner)
        after.append(resources.call(PreparedRequest(operation, prepared.caller, made)))
        said = "" if resources.arguments(operation, made) == coming else "ids cannot be guessed: no 404 came before"
    for answer in (*errors, *after):
        declares = operation.response(answer.status).header("Cache-Control") is not None
        if (answer.status >= 400 and lifetime(answer) and not declares) or (answer in after and answer.status != 200):
            observed = f"{'after' if answer in after else 'kept for a while:'} an error: {answer.describe()}"
            raise Violation(observed, expected="no error kept", exchanges=[*errors, *after])
    return said


def two_posts_are_two(resources: Resources, creator: Operation) -> str:
    """Send one creation twice, and see two items."""
    first = resources.plant(creator, resources.users.owner)
    parent = resources.subject(creator) if creator.path_parameters else None
    again = resources.call(PreparedRequest(creator, first.owner, parent), body=json.loads(first.made.request_body))
    places = resources.pointers(creator).values()
    if again.status == 201 and all(look_up(again.json(), at) == look_up(first.value, at) for at in places):
        raise Violation("two equal POSTs are answered with one item", expected="two", exchanges=[first.made, again])
    return "" if again.status == 201 else f"nothing can be made twice: {again.describe()}"


def replay(request: Request, answer: Answer, status: int) -> None:
    """Answer an URL with a status for ever, once it was answered so."""
    if answer.status == status or (request.method == "GET" and request.path in request.memory):
        answer.repeat(request.memory.setdefault(request.path, answer.copy()))


@fault(test_errors_are_not_stored)
def what_was_not_there_is_never_there(request: Request, answer: Answer) -> None:
    """404 is kept beyond a creation."""
    replay(request, answer, 404)


@fault(test_errors_are_not_stored)
def refused_for_ever(request: Request, answer: Answer) -> None:
    """401 is kept, whoever asks next."""
    replay(request, answer, 401)


@fault(test_errors_are_not_stored)
def errors_have_a_lifetime(request: Request, answer: Answer) -> None:
    """Answers without a Cache-Control, errors that is, may be used for a minute."""
    answer.headers.setdefault("cache-control", "max-age=60")


@fault(test_errors_are_not_stored, statuses=(201,))
def posts_are_kept(request: Request, answer: Answer) -> None:
    """A POST that was answered before is answered so again."""
    answer.repeat(request.memory.setdefault((request.path, request.body), answer.copy()))
