"""SCHEMA-04: requests are judged by their schema."""

from bookplate import delegated, fault
from bookplate.contract import has_input
from bookplate.faults import SUCCESS, Answer, Request
from bookplate.laws import GeneratedRequests


@delegated(
    "SCHEMA-04",
    checks=("positive_data_acceptance", "negative_data_rejection", "missing_required_header"),
    source="OpenAPI 3.0.3, Schema Object and Parameter Object",
    applies=has_input,
    core=True,
)
def test_requests_are_judged_by_their_schema(generated_requests: GeneratedRequests) -> None:
    """
    A generated request that the document allows is not refused as invalid, and one that it forbids is refused.

    Why it matters: developers write requests by the document. If a valid one is refused, they cannot find their mistake,
    as there is none. If an invalid one is accepted, wrong data is stored, and every reader has to cope with it.

    To mend it: where a valid request is refused, the service checks more than the document says: write its rule
    into the schema, or drop it. Where a forbidden one is accepted, validate parameters, header fields and content
    by the document before the handler.
    """
    generated_requests.report()


@fault(test_requests_are_judged_by_their_schema, statuses=(400, 422))
def invalid_is_good_enough(request: Request, answer: Answer) -> None:
    """Invalid requests are answered 200."""
    answer.become(200, {})


@fault(test_requests_are_judged_by_their_schema, statuses=SUCCESS)
def valid_is_refused(request: Request, answer: Answer) -> None:
    """Valid requests are answered 422."""
    answer.become(422, {})
