"""ROBUST-01: no server errors."""

from bookplate import delegated, fault
from bookplate.faults import Answer, Request
from bookplate.laws import GeneratedRequests


@delegated("ROBUST-01", checks=("not_a_server_error",), source="RFC 9110, section 15.6")
def test_no_server_errors(generated_requests: GeneratedRequests) -> None:
    """No generated request is answered with a server error."""
    generated_requests.report()


@fault(test_no_server_errors, statuses=(400, 422))
def invalid_crashes(request: Request, answer: Answer) -> None:
    """Input that breaks its schema is an unhandled exception."""
    answer.become(500)
