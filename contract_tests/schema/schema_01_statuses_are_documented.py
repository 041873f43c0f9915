"""SCHEMA-01: statuses are documented."""

from bookplate import delegated, fault
from bookplate.contract import has_responses
from bookplate.faults import Answer, Request
from bookplate.laws import GeneratedRequests


@delegated(
    "SCHEMA-01",
    checks=("status_code_conformance",),
    source="OpenAPI 3.0.3, Responses Object",
    applies=has_responses,
    core=True,
)
def test_statuses_are_documented(generated_requests: GeneratedRequests) -> None:
    """
    Every answer to a generated request has a status that the document declares for its operation.

    Why it matters: a client handles the documented statuses. Another one falls through to code that takes it for a
    failure of the network, or for a success.

    To mend it: write the status into the document where it is meant, and else answer one that is there. Frameworks
    add 422, 307 or 405 by themselves: look for them, and document or replace them.
    """
    generated_requests.report()


@fault(test_statuses_are_documented, statuses=(200,))
def success_is_202(request: Request, answer: Answer) -> None:
    """A success is answered 202 in place of 200."""
    answer.status = 202
