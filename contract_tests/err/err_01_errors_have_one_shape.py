"""ERR-01: errors have one shape."""

from collections.abc import Mapping

from bookplate import NotExercised, expect, fault, invariant, rests_on
from bookplate.contract import Document, Fact, Operation, Origin, Schema, is_covered, is_json, most_specific
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import is_error


@invariant("ERR-01", source="RFC 9457, section 3", when=is_error, core=True)
def errors_have_one_shape(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    Every error has a media type and the schema that the document declares for its status, or else for most errors.

    It makes no difference which layer answers: the router, authentication, validation or the handler. Errors in answers
    to HEAD are left out, as they have no content. Where an operation declares a status without content, and where errors
    have no common shape, the document promises nothing here. Where some errors that the document declares have another
    shape, or fewer than three statuses have the common one, it is a guess that undeclared errors have it, and only warns.

    Why it matters: a client reads errors with one piece of code. An error in another shape breaks that code, and its
    user sees a crash instead of the reason.

    To mend it: let one function write every error, and register it for all of them: those of the router, of
    authentication, of validation, of limits, and unhandled exceptions. Set the media type there. Look at what a
    server or a proxy in front answers by itself.
    """
    content = declared_content(exchange, operation, document)
    if not content:
        raise NotExercised("the document declares no content for this error")

    content_type = exchange.header("content-type")
    wrong_type = f"the content of the {exchange.status} has the media type {exchange.media_type or 'none'}"
    expect.that(any(is_covered(name, content_type) for name in content), wrong_type, expected=" or ".join(content))
    expect.readable(exchange)
    schema = most_specific(content, content_type)
    mistakes = schema.violations(exchange.json()) if schema is not None and is_json(content_type) else []
    wrong_content = f"the content of the {exchange.status} breaks the schema of errors: {''.join(mistakes[:1])}"
    expect.that(not mistakes, wrong_content, expected="an error as the document describes it")


def declared_content(
    exchange: Exchange, operation: Operation | None, document: Document
) -> Mapping[str, Schema | None]:
    """Return the media types of an error, each with its schema: those of its own status, or else of most errors."""
    response = operation.response_to(exchange.status) if operation is not None else None
    if response is not None:
        return {name: media.schema for name, media in response.content.items()}
    shape = document.error_shape
    if shape is None:
        return {}
    if not document.has_one_error_shape:
        rests_on(Fact(shape, Origin.GUESSED, f"most errors of the document are {shape.media_type} of one schema"))
    return {shape.media_type: shape.schema}


@fault(errors_have_one_shape, statuses=(404, 405))
def not_found_is_html(request: Request, answer: Answer) -> None:
    """The router answers a 404 of its own: a page in HTML."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<h1>Not Found</h1>"


@fault(errors_have_one_shape, statuses=(401,))
def one_layer_has_its_own_shape(request: Request, answer: Answer) -> None:
    """Authentication answers errors with members of its own."""
    answer.rewrite({"error": "unauthorized"})


@fault(errors_have_one_shape, statuses=(429,))
def refusal_for_a_limit_has_no_shape(request: Request, answer: Answer) -> None:
    """A 429 is a line of plain text."""
    answer.headers["content-type"] = "text/plain"
    answer.body = b"Too Many Requests"


@fault(errors_have_one_shape, statuses=(409, 412, 413, 428, 431))
def rare_errors_have_no_shape(request: Request, answer: Answer) -> None:
    """Errors that are seldom made have members of their own."""
    answer.rewrite({"message": "no"})
