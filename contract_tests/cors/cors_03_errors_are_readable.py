"""CORS-03: pages can read errors too."""

from bookplate import NotChecked, Severity, expect, experiment, fault
from bookplate.contract import Operation, has_body, is_conditional_read, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_ORIGIN,
    Config,
    Resources,
    allows_origin,
    missing_origin,
    origins_of,
    prepare_read,
    send_to_no_item,
)
from bookplate.wire import Credential, Exchange

from ._shared import BAD_TOKEN


@experiment("CORS-03", source="OWASP API8:2023; #/paths", applies=is_open_to_pages, severity=Severity.CONTRACT)
def test_errors_are_readable(operation: Operation, resources: Resources, config: Config) -> None:
    """
    An error answered to a page of an allowed origin, and a 304, allows that origin as a success does.

    Tried are an invalid token, an item that does not exist and malformed content; and, where the origin may call all that
    says nothing of its origins, a method that the path does not have and that pages may send.

    Why it matters: the browser hides an answer without these fields from the page. The page then sees a network
    error and cannot tell its user what was wrong.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    origin = origins[0]

    for answer in answers_to_failing_requests(operation, resources, config, origin):
        if answer.status >= 300:
            expect.that(
                allows_origin(answer, origin),
                f"pages of {origin} cannot read the {answer.status}",
                expected="they can",
                shown=[answer],
            )


def answers_to_failing_requests(
    operation: Operation, resources: Resources, config: Config, origin: str
) -> list[Exchange]:
    """Send requests that fail, each in another way, and one that may be answered 304."""
    page = {"Origin": origin}
    signed_in = page | {"Content-Type": "text/plain"}
    credential = credential_of_the_owner(operation, resources)
    may_read = may_read_what_is_no_operation(origin, resources, config)
    methods = wrong_methods(operation, resources) if may_read else []
    answers = [send_to_no_item(resources, operation, method, page) for method in methods]
    answers.append(send_to_no_item(resources, operation, operation.method, page | BAD_TOKEN))
    if has_body(operation):
        answers.append(send_to_no_item(resources, operation, operation.method, signed_in, b"{", credential))
    elif operation.path_parameters:
        answers.append(send_to_no_item(resources, operation, operation.method, signed_in, credential=credential))
    if is_conditional_read(operation):
        prepared = prepare_read(resources, operation)
        answers.append(resources.ask(prepared, prepared.caller, page | {"If-None-Match": "*"}))
    return answers


def may_read_what_is_no_operation(origin: str, resources: Resources, config: Config) -> bool:
    """Tell whether the document lets an origin read a 405, which belongs to no operation."""
    groups = resources.document.origins
    return groups is None or origin in [config.origin_of(group) for group in groups]


def wrong_methods(operation: Operation, resources: Resources) -> list[str]:
    """Return a method that its path does not have and that needs no preflight, as a list; an empty one where it has both."""
    on_path = {each.method for each in resources.document.operations if each.path == operation.path}
    return [method for method in ("POST", "GET") if method not in on_path][:1]


def credential_of_the_owner(operation: Operation, resources: Resources) -> Credential:
    """Return the owner's credential; an empty one where the operation could end the owner's session."""
    if operation.role:
        return Credential()
    return resources.users.owner.shown_to(operation)


@fault(test_errors_are_readable)
def errors_have_no_cors_fields(request: Request, answer: Answer) -> None:
    """Errors and 304 are answered by a layer outside the one that adds the CORS fields."""
    if answer.status >= 300:
        answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(403,))
def forbidden_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 403 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(409,))
def conflict_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 409 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(412,))
def failed_precondition_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 412 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(413,))
def refused_length_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 413 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(415,))
def refused_media_type_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 415 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(422,))
def refused_content_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 422 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(428,))
def missing_precondition_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 428 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)


@fault(test_errors_are_readable, statuses=(429,))
def limit_has_no_cors_fields(request: Request, answer: Answer) -> None:
    """A 429 is answered without the CORS fields."""
    answer.headers.pop(ALLOW_ORIGIN, None)
