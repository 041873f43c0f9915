"""CORS-04: pages can read the declared header fields."""

from bookplate import SHOULD, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    EXPOSE_HEADERS,
    Config,
    Resources,
    field_members,
    missing_origin,
    origins_of,
    send_to_no_item,
)
from bookplate.wire import Exchange

from ._shared import BAD_TOKEN, read_from_page


@experiment("CORS-04", source="OWASP API8:2023; #/paths", level=SHOULD, applies=is_open_to_pages)
def test_declared_headers_are_exposed(operation: Operation, resources: Resources, config: Config) -> None:
    """
    An answer to a page of an allowed origin names every declared header field in Access-Control-Expose-Headers.

    Only fields that the answer carries count, without those that browsers show anyway.

    Why it matters: the browser hides all other fields from the page. A client in a browser then sees neither
    ETag nor Retry-After nor its rate limit, however well they are documented.

    To mend it: name each header field that the document declares for answers in Access-Control-Expose-Headers, made
    from the document or from one list. Scripts read none but the few that browsers let through.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    origin = origins[0]

    answer = send_to_no_item(resources, operation, operation.method, {"Origin": origin} | BAD_TOKEN)
    if operation.method == "GET":
        answer = read_from_page(operation, resources, origin)

    hidden = hidden_fields(operation, answer)
    expect.that(
        not hidden,
        f"not exposed: {', '.join(sorted(hidden))}",
        expected="every declared header field",
        shown=[answer],
    )


# The CORS-safelisted response header names of the Fetch standard: pages can always read these.
SAFELISTED = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}


def hidden_fields(operation: Operation, answer: Exchange) -> set[str]:
    """Return the declared header fields that an answer carries and a page cannot read."""
    exposed = field_members(answer, EXPOSE_HEADERS)
    if "*" in exposed:
        return set()
    declared = operation.response(answer.status).headers.keys()
    carried = {name for name, _ in answer.headers}
    return (declared & carried) - SAFELISTED - exposed


@fault(test_declared_headers_are_exposed)
def nothing_is_exposed(request: Request, answer: Answer) -> None:
    """Access-Control-Expose-Headers is left out."""
    answer.headers.pop(EXPOSE_HEADERS, None)
