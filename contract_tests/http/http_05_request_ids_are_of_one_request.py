"""HTTP-05: request ids are of one request."""

from collections.abc import Iterator

from bookplate import expect, experiment, fault, said
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import Exchange

FORMAT = "request-id"
REQUESTS = 3


def has_request_ids(operation: Operation) -> bool:
    """It reads, and a header field of its success has the format request-id."""
    return operation.method == "GET" and bool(fields_with_ids(operation, operation.success.status))


@experiment("HTTP-05", source="#/paths", applies=has_request_ids)
def test_request_ids_are_of_one_request(operation: Operation, resources: Resources) -> None:
    """
    A header field with the format `request-id` has another value in each answer, and equals such a member of the content.

    Three equal requests are sent, and one that is refused: its media type, or its path where that names an item, is
    wrong. Members of the content are looked at where the document gives them this format too.

    Why it matters: people quote the id when they ask for help. Where two requests share one, or the content names another
    than the header section, the wrong lines of the log are read.

    To mend it: make a new id at the beginning of each request, and keep it with the request. Use that one in the
    header field, the content and the log. A value that is made when the program starts is the same for all.
    """
    prepared = prepare_read(resources, operation)
    answers = [resources.call(prepared) for _ in range(REQUESTS)]
    if operation.path_parameters:
        answers.append(resources.client.call(operation, arguments=operation.nowhere))

    for name in fields_with_ids(operation, answers[0].status):
        ids = [answer.header(name) for answer in answers]
        expect.that(
            len({*ids}) == len(ids),
            f"{len(ids)} requests to {operation.id} have the {name} {said(ids)}",
            expected="ids that differ",
            shown=answers,
        )
        for answer in answers:
            for member in members_with_ids(operation, answer):
                value = (answer.json() or {}).get(member)
                observed = f"{answer.summary()}: '{member}' is {said(value)}, and {name} is {said(answer.header(name))}"
                expect.that(value in (None, answer.header(name)), observed, expected="the same id", shown=[answer])


def fields_with_ids(operation: Operation, status: int | str) -> list[str]:
    """Return the header fields of an answer that are ids of the request."""
    response = operation.response(status)
    return [name for name, header in response.headers.items() if header.schema.format == FORMAT]


def members_with_ids(operation: Operation, answer: Exchange) -> Iterator[str]:
    """Yield the members of an answer that are ids of the request."""
    documented = operation.response_to(answer.status)
    for media in documented.content.values() if documented else ():
        if media.schema is not None:
            yield from (name for name, member in media.schema.properties.items() if member.format == FORMAT)


@fault(test_request_ids_are_of_one_request)
def one_id_for_all(request: Request, answer: Answer) -> None:
    """The process has one id, which all answers show."""
    if "x-request-id" in answer.headers:
        answer.headers["x-request-id"] = "0123456789abcdef"


@fault(test_request_ids_are_of_one_request, statuses=(404,))
def problems_have_ids_of_their_own(request: Request, answer: Answer) -> None:
    """The id in a problem is another one than that in the header section."""
    answer.put(request_id="0123456789abcdef")
