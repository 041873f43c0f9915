"""ERR-01: errors have one shape."""

from bookplate import expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import is_error


@invariant("ERR-01", source="RFC 9457, section 3", when=is_error)
def errors_have_one_shape(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    Every error has the media type and the schema that the document declares for errors.

    It makes no difference which layer answers: the router, authentication, validation or the handler. Errors in answers
    to HEAD are left out, as they have no content. A document whose errors have no common shape promises nothing here.

    Why it matters: a client reads errors with one piece of code. An error in another shape breaks that code, and its
    user sees a crash instead of the reason.
    """
    shape = document.error_shape
    if shape is None:
        return

    mistakes = shape.schema.violations(exchange.json())

    expect.equal(exchange.media_type, shape.media_type, what=f"media type of the {exchange.status}")
    expect.that(
        not mistakes, f"the {exchange.status} breaks the schema of errors: {mistakes[:1]}", expected="a valid error"
    )


@fault(errors_have_one_shape, statuses=(404, 405))
def not_found_is_html(request: Request, answer: Answer) -> None:
    """The router answers a 404 of its own: a page in HTML."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<h1>Not Found</h1>"


@fault(errors_have_one_shape, statuses=(401,))
def one_layer_has_its_own_shape(request: Request, answer: Answer) -> None:
    """Authentication answers errors with members of its own."""
    answer.rewrite({"error": "unauthorized"})
