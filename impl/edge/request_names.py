"""What the log and the metrics call a request: words of the document and of HTTP, never those of a client."""

from ..request_context import RequestContext

# RFC 9110, section 9, and RFC 5789.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
# As the semantic conventions of OpenTelemetry have it.
OTHER_METHOD = "_OTHER"
# What the pages are found under.
KNOWN_PATHS = ("/", "/docs", "/openapi.json")


def method_of(request: RequestContext) -> str:
    """Return the method; one that HTTP does not know may be any text, and is not shown."""
    return request.method if request.method in METHODS else OTHER_METHOD


def route_of(request: RequestContext) -> str | None:
    """
    Return the path as the document writes it, or that of a page; None where the path leads to neither.

    A client may put anything into a path, a password among it, and neither log nor metrics have secrets.
    """
    if request.operation is not None:
        return request.operation.route
    return request.path if request.path in KNOWN_PATHS else None
