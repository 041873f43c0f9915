"""ERR-05: plain problems have the status phrase."""

from http import HTTPStatus

from bookplate import SHOULD, NotExercised, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import declares_problems, is_problem


@invariant("ERR-05", source="RFC 9457, section 4.2.1", level=SHOULD, applies=declares_problems, when=is_problem)
def plain_problems_have_the_status_phrase(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    A problem of the type `about:blank` has the phrase of its status as its title.

    A problem without a type has this type. It may leave the title out. Phrases from before RFC 9110 are accepted.

    Why it matters: such a problem says no more than its status. A title of its own looks like a kind of error that a
    client can rely on, and it is none.

    To mend it: give the title from the table of phrases of HTTP for its status, or give the problem a `type` of its
    own that the title belongs to.
    """
    problem = exchange.json()
    phrases = PHRASES.get(exchange.status, ("",))
    if not isinstance(problem, dict) or problem.get("type", "about:blank") != "about:blank":
        raise NotExercised("no problem was of the type about:blank")

    title = problem.get("title", phrases[0])

    expect.that(title in phrases, f"title '{title}' for {exchange.status} about:blank", expected=phrases[0])


# RFC 9110 renamed three. It only recommends phrases: those before are as good.
RENAMED = {
    413: ("Content Too Large", "Payload Too Large", "Request Entity Too Large"),
    414: ("URI Too Long", "Request-URI Too Long"),
    422: ("Unprocessable Content", "Unprocessable Entity"),
}
PHRASES = {status.value: (status.phrase,) for status in HTTPStatus} | RENAMED


@fault(plain_problems_have_the_status_phrase, statuses=ERROR)
def every_title_is_error(request: Request, answer: Answer) -> None:
    """The title of each problem is `Error`."""
    answer.put(title="Error")
