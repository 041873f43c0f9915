"""Errors: one shape from every layer, true to its status, silent about the inside."""

import re
from http import HTTPStatus

from ..document import Document
from ..exchange import Exchange
from ..fault import ERROR, Answer, Request
from ..operation import Operation
from ..rule import SHOULD, Violation, invariant

# RFC 9110 renamed three, and recommends phrases only: those before are as good.
RENAMED = {
    413: ("Content Too Large", "Payload Too Large", "Request Entity Too Large"),
    414: ("URI Too Long", "Request-URI Too Long"),
    422: ("Unprocessable Content", "Unprocessable Entity"),
}
PHRASES = {status.value: (status.phrase,) for status in HTTPStatus} | RENAMED

INSIDES = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+|\bat [\w.$]+\([\w.]+:\d+\)"
    r"|(?:/usr|/home|/opt|/var|/srv|/root|/app)/[\w.-]+/|site-packages|\b[A-Z]:\\\\\w+"
    r"|(?-i:\bSELECT\b.{1,200}\bFROM\b)|\bselect \*|\bINSERT INTO\b|\bsqlite3?\.|\bpsycopg|\bsqlalchemy\b|\bpsql\b"
    r"|\b(?:\w+\.)+\w*(?:Error|Exception)\b|<class '|\bTypeError\b|\bKeyError\b|\bAttributeError\b",
    re.IGNORECASE | re.DOTALL,
)


def is_error(exchange: Exchange) -> bool:
    return exchange.status >= 400 and exchange.method != "HEAD"


def declares_problems(operation: Operation) -> bool:
    return any("application/problem+json" in answer.get("content", {}) for answer in operation.responses.values())


def is_problem(exchange: Exchange) -> bool:
    return is_error(exchange) and exchange.media_type == "application/problem+json"


@invariant("ERR-01", source="RFC 9457, section 3", when=is_error)
def errors_have_one_shape(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """Every error, whatever layer it comes from, has the media type and the schema that the document gives errors."""
    if document.error_shape is None:
        return
    media, schema = document.error_shape
    if exchange.media_type != media:
        raise Violation(f"{exchange.status} has media type '{exchange.media_type}'", expected=media)
    if broken := document.violations(schema, exchange.json()):
        raise Violation(f"{exchange.status} breaks the schema of errors: {broken[0]}", expected="a valid error")


@errors_have_one_shape.broken_at(404, 405)
def not_found_is_html(request: Request, answer: Answer) -> None:
    """The router's own 404 is a page for people."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<h1>Not Found</h1>"


@errors_have_one_shape.broken_at(401)
def one_layer_has_its_own_shape(request: Request, answer: Answer) -> None:
    """Authentication answers another body than the rest."""
    answer.rewrite({"error": "unauthorized"})


@invariant("ERR-02", source="RFC 9457, section 3.1", applies=declares_problems, when=is_problem)
def problems_tell_the_truth(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A problem's `status` is the status of its answer, and no member is null."""
    problem = exchange.json()
    if not isinstance(problem, dict):
        raise Violation("the problem is no JSON object", expected="an object")
    if problem.get("status", exchange.status) != exchange.status:
        raise Violation(f"status {problem['status']} in an answer {exchange.status}", expected=str(exchange.status))
    if empty := [name for name, member in problem.items() if member is None]:
        raise Violation(f"member {empty[0]} is null", expected="the member left out")


@problems_tell_the_truth.broken_at(*ERROR)
def every_problem_is_400(request: Request, answer: Answer) -> None:
    """The body says 400 whatever the status is."""
    answer.put(status=400)


@problems_tell_the_truth.broken_at(*ERROR)
def detail_is_null(request: Request, answer: Answer) -> None:
    """Problems carry members that have nothing to say."""
    answer.put(detail=None)


@invariant("ERR-05", source="RFC 9457, section 4.2.1", level=SHOULD, applies=declares_problems, when=is_problem)
def plain_problems_have_the_phrase(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A problem that has no type but `about:blank` has the phrase of its status as its title."""
    problem, phrases = exchange.json(), PHRASES.get(exchange.status, ("",))
    plain = isinstance(problem, dict) and problem.get("type", "about:blank") == "about:blank"
    if plain and problem.get("title", phrases[0]) not in phrases:
        raise Violation(f"title '{problem['title']}' for {exchange.status} about:blank", expected=phrases[0])


@plain_problems_have_the_phrase.broken_at(*ERROR)
def every_title_is_error(request: Request, answer: Answer) -> None:
    """The title says that something went wrong."""
    answer.put(title="Error")


@invariant("ERR-03", source="OWASP API8:2023", when=is_error)
def errors_keep_the_inside_to_themselves(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """An error shows no stack trace, file path, SQL, exception class or credential."""
    text = exchange.body.decode("utf-8", "replace")
    sent = exchange.url + exchange.request_body.decode("utf-8", "replace")
    for found in INSIDES.finditer(text):
        if found.group() not in sent:
            raise Violation(f"the error shows '{found.group()[:80]}'", expected="nothing of the inside")
    credential = (exchange.request_header("authorization") or "").partition(" ")[2]
    if len(credential) > 20 and credential in text:
        raise Violation("the error repeats the credential", expected="no credential")


@errors_keep_the_inside_to_themselves.broken_at(*ERROR)
def trace_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail is the last exception, with its trace."""
    answer.put(detail='Traceback (most recent call last):\n  File "service.py", line 7\nKeyError')


@errors_keep_the_inside_to_themselves.broken_at(401)
def token_in_the_detail(request: Request, answer: Answer) -> None:
    """The detail of a 401 quotes the token."""
    answer.put(detail=f"bad token {request.headers.get('authorization')}")
