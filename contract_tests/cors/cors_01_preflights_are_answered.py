"""CORS-01: preflights of allowed origins are granted."""

from bookplate import NotChecked, Severity, expect, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    Config,
    Resources,
    allows_method,
    allows_origin,
    missing_origin,
    origins_of,
    refused_fields,
    requested_fields,
    send_preflight,
)


@experiment("CORS-01", source="OWASP API8:2023; #/paths", applies=is_open_to_pages, severity=Severity.CONTRACT)
def test_preflights_are_answered(operation: Operation, resources: Resources, config: Config) -> None:
    """
    A preflight from an allowed origin gets a 2xx that allows the method and the header fields of the operation.

    It is sent without credentials, as browsers send it, for one origin of each group that may call the operation.

    Why it matters: a browser sends the request itself only after such an answer. Without it, no web page can
    call the operation.

    To mend it: answer OPTIONS with Access-Control-Request-Method in front of authentication, as a browser sends no
    token with it. Name each method and each header field, with Authorization, as `*` does not stand for it.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))

    for origin in origins:
        fields = requested_fields(operation)
        answer = send_preflight(resources, operation, origin, fields=fields)

        granted = f"a 2xx that allows {operation.method} to {origin}"
        refused = ", ".join(sorted(refused_fields(answer, fields)))
        expect.success(answer, because=f"pages of {origin} may call the operation")
        expect.that(
            allows_origin(answer, origin),
            f"the preflight does not allow the origin {origin}",
            expected=granted,
            shown=[answer],
        )
        expect.that(
            allows_method(answer, operation.method),
            f"the preflight does not allow the method {operation.method}",
            expected=granted,
            shown=[answer],
        )
        expect.that(
            not refused,
            f"the preflight does not allow the header fields {refused}",
            expected=granted,
            shown=[answer],
        )


@fault(test_preflights_are_answered)
def preflights_need_a_token(request: Request, answer: Answer) -> None:
    """A preflight without a token is answered 401."""
    if request.method == "OPTIONS":
        answer.status = 401


@fault(test_preflights_are_answered)
def unsafe_methods_are_not_allowed(request: Request, answer: Answer) -> None:
    """Preflights never allow PUT, PATCH and DELETE."""
    answer.edit(ALLOW_METHODS, ".+", "GET, POST, HEAD")


@fault(test_preflights_are_answered)
def any_field_by_a_wildcard(request: Request, answer: Answer) -> None:
    """Preflights allow the header fields `*`, which does not stand for Authorization."""
    answer.edit(ALLOW_HEADERS, ".+", "*")
