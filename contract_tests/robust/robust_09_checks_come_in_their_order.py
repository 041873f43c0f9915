"""ROBUST-09: checks come in their order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_conditional_write, is_for_admins, is_owned_write
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, of_another_shape
from bookplate.wire import Credential, Exchange


def has_checks(operation: Operation) -> bool:
    """The document says in which order requests are judged, and a request to it can have two mistakes."""
    has_content = operation.body is not None
    names_an_item = operation.secured and (bool(operation.path_parameters) or is_conditional_write(operation))
    return bool(operation.check_order) and (has_content or names_an_item)


@dataclass(frozen=True)
class Attempt:
    """What is sent: the arguments of the path, the credential, the header fields and the content."""

    arguments: Mapping[str, Any]
    credential: Credential
    headers: Mapping[str, str]
    content: Any


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a request: the check that finds it, its status, the parts that it bends, and how."""

    check: str
    status: int
    parts: frozenset[str]
    bend: Callable[[Attempt], Attempt]


@experiment("ROBUST-09", source="#/x-check-order", applies=has_checks)
def test_checks_come_in_their_order(operation: Operation, resources: Resources) -> None:
    """
    A request with two mistakes is answered for the one whose check comes first in `x-check-order`.

    The mistakes are content that is too large, no token or a bad one, a caller without the role, another media type, broken JSON,
    content of another shape, an item that does not exist, an item of another user, a missing If-Match, and one that is no
    ETag. Each is made alone first: one that is not answered with its own status then is left out. Two that bend the same
    part of a request, or have the same status, are not combined.

    Why it matters: a check of the content before that of the token tells strangers what the service looks like inside. A
    client that mends one mistake after the other goes by the order.

    To mend it: put the checks into one list in the order of `x-check-order`, and let each request pass them one
    after the other. A framework that validates content before it authenticates has to be told otherwise.
    """
    prepared = resources.prepare(operation)
    right = right_request(prepared, resources)
    alone = [(mistake, send(mistake.bend(right), operation, resources)) for mistake in mistakes(prepared, resources)]
    made = [(mistake, answer) for mistake, answer in alone if answer.status == mistake.status]
    for mistake, answer in alone:
        if answer.status != mistake.status:
            partly(f"{mistake.check}: alone it gets {answer.status}, not {mistake.status}", tested="the other mistakes")
    pairs = [pair for pair in combinations(made, 2) if are_told_apart(pair[0][0], pair[1][0])]
    if not pairs:
        raise NotChecked("no two mistakes of a request to it can be told apart")

    for ((first, answer), (second, _)), trial in expect.each(pairs):
        with trial:
            both = send(second.bend(first.bend(right)), operation, resources)
            expect.status(first.status, both, what=f"{first.check} before {second.check}", after=[answer])


def are_told_apart(one: Mistake, other: Mistake) -> bool:
    """Tell whether a request can have both mistakes, and its answer shows which was found."""
    return one.status != other.status and not one.parts & other.parts


def right_request(prepared: PreparedRequest, resources: Resources) -> Attempt:
    """Return a request without a mistake; If-Match is `*`, where the operation takes one, so that nothing has to be read."""
    operation = prepared.operation
    arguments = resources.arguments(operation, prepared.item) if prepared.item else {}
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    content = resources.content(prepared) if operation.body is not None else None
    return Attempt(arguments, prepared.caller.credential_for(operation), headers, content)


def send(attempt: Attempt, operation: Operation, resources: Resources) -> Exchange:
    return resources.client.call(
        operation,
        arguments=attempt.arguments,
        headers=attempt.headers,
        body=attempt.content,
        credential=attempt.credential,
    )


def mistakes(prepared: PreparedRequest, resources: Resources) -> Iterator[Mistake]:
    """Yield the mistakes that a request to an operation can have, in the order of their checks."""
    found = [
        *of_callers(prepared, resources),
        *of_contents(prepared.operation, resources),
        *of_items(prepared.operation),
    ]
    for check in prepared.operation.check_order:
        yield from (each for each in found if each.check == check and prepared.operation.documents(each.status))


def of_callers(prepared: PreparedRequest, resources: Resources) -> Iterator[Mistake]:
    """Yield no token, one that nobody issued, and a caller who may not do this."""
    operation = prepared.operation
    if not operation.secured:
        return
    yield Mistake("token", 401, frozenset({"caller"}), partial(replace, credential=Credential()))
    if operation.bearer:
        nobody = Credential({"Authorization": "Bearer of-nobody"})
        yield Mistake("token", 401, frozenset({"caller"}), partial(replace, credential=nobody))
    stranger, refusal = resources.users.stranger, operation.refusal
    if stranger.lacks or not operation.declares_access or refusal is None:
        return
    other = partial(replace, credential=stranger.credential_for(operation))
    if is_for_admins(operation):
        yield Mistake("role", refusal, frozenset({"caller"}), other)
    elif is_owned_write(operation):
        yield Mistake("owner", refusal, frozenset({"caller"}), other)


def of_contents(operation: Operation, resources: Resources) -> Iterator[Mistake]:
    """Yield content that is too large, of another media type, no JSON, and of another shape."""
    largest = resources.document.size_limits.get("content")
    if largest is not None and operation.body is not None:
        yield Mistake("size", 413, frozenset({"content"}), partial(replace, content=b" " * (largest + 1)))
    if operation.body is None or not operation.body.media_type.is_json:
        return
    yield Mistake("media-type", 415, frozenset({"type"}), partial(with_header, name="Content-Type", value=UNHEARD_OF))
    yield Mistake("syntax", 400, frozenset({"content"}), partial(replace, content=b"{"))
    shape = of_another_shape(operation)
    if shape is not None:
        yield Mistake("content", 422, frozenset({"content"}), partial(replace, content=shape))


def of_items(operation: Operation) -> Iterator[Mistake]:
    """Yield a path that leads to nothing, a change without If-Match, and one whose If-Match is no ETag."""
    if operation.path_parameters:
        yield Mistake("object", 404, frozenset({"path"}), partial(replace, arguments=operation.nowhere))
    if is_conditional_write(operation):
        yield Mistake("precondition", 428, frozenset({"precondition"}), without_if_match)
        no_tag = partial(with_header, name="If-Match", value="of-no-form")
        yield Mistake("precondition-syntax", 400, frozenset({"precondition"}), no_tag)


UNHEARD_OF = "text/unheard-of"


def with_header(attempt: Attempt, name: str, value: str) -> Attempt:
    return replace(attempt, headers={**attempt.headers, name: value})


def without_if_match(attempt: Attempt) -> Attempt:
    return replace(attempt, headers={name: value for name, value in attempt.headers.items() if name != "If-Match"})


@fault(test_checks_come_in_their_order, statuses=(403,))
def media_type_comes_before_the_caller(request: Request, answer: Answer) -> None:
    """A caller who may not do this, and sends another media type, is answered 415."""
    if "unheard-of" in request.headers.get("content-type", ""):
        answer.become(415)


@fault(test_checks_come_in_their_order, statuses=(401,))
def content_comes_before_the_token(request: Request, answer: Answer) -> None:
    """Content that is no JSON is answered 400, whoever sends it."""
    if request.body == b"{":
        answer.become(400)


@fault(test_checks_come_in_their_order, statuses=(403, 404))
def precondition_comes_before_the_item(request: Request, answer: Answer) -> None:
    """A change without If-Match is answered 428 before the item is looked for."""
    if request.method in ("PUT", "PATCH", "DELETE") and "if-match" not in request.headers:
        answer.become(428)


@fault(test_checks_come_in_their_order, statuses=(403, 404))
def if_match_is_read_before_the_item(request: Request, answer: Answer) -> None:
    """A change whose If-Match is no ETag is answered 400 before the item is looked for."""
    if "of-no-form" in request.headers.get("if-match", ""):
        answer.become(400)


@fault(test_checks_come_in_their_order, statuses=(413,))
def token_comes_before_the_size(request: Request, answer: Answer) -> None:
    """Content that is too large is answered 401 where no token comes with it."""
    if "authorization" not in request.headers and request.path.endswith("/me"):
        answer.become(401)
