"""ROBUST-01: no server errors."""

from bookplate import Severity, delegated, fault
from bookplate.faults import Answer, Request
from bookplate.laws import GeneratedRequests


@delegated(
    "ROBUST-01", checks=("not_a_server_error",), source="RFC 9110, section 15.6", core=True, severity=Severity.CRASH
)
def test_no_server_errors(generated_requests: GeneratedRequests) -> None:
    """
    No generated request, valid or not, is answered with a 5xx.

    A 5xx that the document has fails too, but for one whose number a parameter of the request asks for, and for a 501.
    Where no answer comes in time, that is a warning.

    Why it matters: a 5xx says that the server is at fault, so clients send the same request again. For input that is
    wrong that never helps, and its sender never learns of the mistake. An unhandled exception may also hide an attack.

    To mend it: read the traceback below the failure, or in the log of the server. Check what is sent by its schema
    before a handler sees it, and turn errors of parsing and of the database about values into 4xx. Catching
    everything and answering 400 hides the next mistake.
    """
    generated_requests.report()


@fault(test_no_server_errors, statuses=(400, 422))
def invalid_crashes(request: Request, answer: Answer) -> None:
    """Input that breaks its schema ends in an unhandled exception."""
    answer.become(500)
