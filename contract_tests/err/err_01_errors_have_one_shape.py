"""ERR-01: errors have one shape."""

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import is_error


@invariant("ERR-01", source="RFC 9457, section 3", when=is_error)
def errors_have_one_shape(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """Every error, whatever layer it comes from, has the media type and the schema that the document gives errors."""
    if document.error_shape is None:
        return
    shape = document.error_shape
    if exchange.media_type != shape.media_type:
        raise Violation(f"{exchange.status} has media type '{exchange.media_type}'", expected=shape.media_type)
    if broken := shape.schema.violations(exchange.json()):
        raise Violation(f"{exchange.status} breaks the schema of errors: {broken[0]}", expected="a valid error")


@fault(errors_have_one_shape, statuses=(404, 405))
def not_found_is_html(request: Request, answer: Answer) -> None:
    """The router's own 404 is a page for people."""
    answer.headers["content-type"] = "text/html"
    answer.body = b"<h1>Not Found</h1>"


@fault(errors_have_one_shape, statuses=(401,))
def one_layer_has_its_own_shape(request: Request, answer: Answer) -> None:
    """Authentication answers another body than the rest."""
    answer.rewrite({"error": "unauthorized"})
