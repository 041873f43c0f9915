"""ERR-06: errors have what all answers have."""

import re

from bookplate import SHOULD, NotExercised, Severity, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.fixtures import Config, Failing, Resources, origins_of
from bookplate.wire import Exchange, lifetime

REQUEST_ID = re.compile("(x-)?(request|correlation|trace)-?id")


@experiment("ERR-06", source="RFC 9111, section 3; #/paths", level=SHOULD, severity=Severity.CONTRACT)
def test_errors_have_what_all_answers_have(operation: Operation, resources: Resources, config: Config) -> None:
    """
    Each error names its request as other answers do, and may not be stored for a time that the document does not declare.

    Each status that the operation documents is made, as far as a request can make it. A header field for the id of a
    request counts where most of these answers have it.

    Why it matters: a user reports an error, and without its id nobody finds it in the logs. An error that is stored goes
    on after its reason is gone.

    To mend it: set the id of the request and `Cache-Control: no-store` in a layer that every answer passes, outside
    the router and the handlers of errors.
    """
    origins = origins_of(operation, config)
    failures = Failing(operation, resources, origins[0] if origins else "").failures()
    errors = [failure for failure in failures if failure.answer.status >= 400]
    if not errors:
        raise NotExercised("no request of it was refused")
    names = request_ids([failure.answer for failure in errors])

    for failure, trial in expect.each(errors):
        with trial:
            mistake, answer = failure.mistake, failure.answer
            declared = operation.response(answer.status).header("Cache-Control") is not None
            expect.that(
                declared or not lifetime(answer),
                f"{answer.status} for {mistake} may be kept for {lifetime(answer)} s",
                expected="no lifetime",
                shown=[answer],
            )
            for name in names:
                found = answer.header(name)
                expect.that(
                    found is not None, f"{answer.status} for {mistake} has no {name}", expected=name, shown=[answer]
                )


def request_ids(answers: list[Exchange]) -> list[str]:
    """Return the names of fields that name a request and stand in more than half of these answers."""
    names = {name for answer in answers for name, _ in answer.headers if REQUEST_ID.fullmatch(name)}
    return sorted(
        name for name in names if 2 * sum(answer.header(name) is not None for answer in answers) > len(answers)
    )


@fault(test_errors_have_what_all_answers_have, statuses=(403, 409, 412, 413, 415, 422, 428))
def rare_errors_have_a_lifetime(request: Request, answer: Answer) -> None:
    """Errors that are seldom made may be kept for a minute."""
    answer.headers["cache-control"] = "max-age=60"


@fault(test_errors_have_what_all_answers_have, statuses=(409, 412, 413, 428, 431))
def rare_errors_name_no_request(request: Request, answer: Answer) -> None:
    """Errors that are seldom made do not name their request."""
    answer.headers.pop("x-request-id", None)


@fault(test_errors_have_what_all_answers_have, statuses=ERROR)
def refused_methods_name_no_request(request: Request, answer: Answer) -> None:
    """A 405 does not name its request."""
    if answer.status == 405:
        answer.headers.pop("x-request-id", None)
