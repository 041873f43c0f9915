"""ERR-05: plain problems have the status phrase."""

from http import HTTPStatus

from bookplate import SHOULD, Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

from ._shared import declares_problems, is_problem

# RFC 9110 renamed three, and recommends phrases only: those before are as good.
RENAMED = {
    413: ("Content Too Large", "Payload Too Large", "Request Entity Too Large"),
    414: ("URI Too Long", "Request-URI Too Long"),
    422: ("Unprocessable Content", "Unprocessable Entity"),
}


PHRASES = {status.value: (status.phrase,) for status in HTTPStatus} | RENAMED


@invariant("ERR-05", source="RFC 9457, section 4.2.1", level=SHOULD, applies=declares_problems, when=is_problem)
def plain_problems_have_the_status_phrase(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A problem that has no type but `about:blank` has the phrase of its status as its title."""
    problem, phrases = exchange.json(), PHRASES.get(exchange.status, ("",))
    plain = isinstance(problem, dict) and problem.get("type", "about:blank") == "about:blank"
    if plain and problem.get("title", phrases[0]) not in phrases:
        raise Violation(f"title '{problem['title']}' for {exchange.status} about:blank", expected=phrases[0])


@fault(plain_problems_have_the_status_phrase, statuses=ERROR)
def every_title_is_error(request: Request, answer: Answer) -> None:
    """The title says that something went wrong."""
    answer.put(title="Error")
