"""CORS-03: pages can read errors too."""

from bookplate import NotChecked, Severity, expect, experiment, fault
from bookplate.contract import Operation, is_conditional_read, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW_ORIGIN,
    Config,
    Failing,
    Resources,
    allows_origin,
    missing_origin,
    origins_of,
    prepare_read,
)


@experiment("CORS-03", source="OWASP API8:2023; #/paths", applies=is_open_to_pages, severity=Severity.CONTRACT)
def test_errors_are_readable(operation: Operation, resources: Resources, config: Config) -> None:
    """
    An error answered to a page of an allowed origin, and a 304, allows that origin as a success does.

    Each status that the operation documents is made, as far as a request can make it: another method, a bad token, another
    user, an item that does not exist, content and sizes that are refused, a value that is taken, a wrong precondition. Other
    methods and sizes count where the origin may call all that says nothing of its origins: they may lead to no operation.

    Why it matters: the browser hides an answer without these fields from the page. The page then sees a network
    error and cannot tell its user what was wrong.

    To mend it: add the fields of CORS in the outermost layer, so that errors of all others get them: routing,
    sizes, authentication, limits and conditions. A handler of errors that builds a new answer drops what was set
    before.
    """
    origins = origins_of(operation, config)
    if not origins:
        raise NotChecked(missing_origin(operation))
    origin = origins[0]

    may_read_all = may_read_what_is_no_operation(origin, resources, config)
    failures = Failing(operation, resources, origin).failures()
    answers = [(failure.answer, failure.before) for failure in failures if may_read_all or failure.is_of_operation]
    if is_conditional_read(operation):
        prepared = prepare_read(resources, operation)
        answers.append((resources.ask(prepared, prepared.caller, {"Origin": origin, "If-None-Match": "*"}), ()))
    for (answer, before), trial in expect.each(each for each in answers if each[0].status >= 300):
        with trial:
            expect.that(
                allows_origin(answer, origin),
                f"pages of {origin} cannot read the {answer.status}",
                expected="they can",
                shown=[*before, answer],
            )


def may_read_what_is_no_operation(origin: str, resources: Resources, config: Config) -> bool:
    """Tell whether the document lets an origin read a 405, which belongs to no operation."""
    groups = resources.document.origins
    return groups is None or origin in [config.origin_of(group) for group in groups]


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
