"""SCHEMA-03: answers match their schema."""

from bookplate import delegated, fault
from bookplate.faults import SUCCESS, Answer, Request
from bookplate.laws import GeneratedRequests


@delegated(
    "SCHEMA-03",
    checks=("response_schema_conformance", "response_headers_conformance"),
    source="OpenAPI 3.0.3, Schema Object and Header Object",
)
def test_answers_match_their_schema(generated_requests: GeneratedRequests) -> None:
    """Every answer's body and headers are valid against what the document declares for its status."""
    generated_requests.report()


@fault(test_answers_match_their_schema, statuses=SUCCESS)
def a_field_leaks(request: Request, answer: Answer) -> None:
    """Objects show one field more than declared."""
    answer.put(password_hash="x")


@fault(test_answers_match_their_schema, statuses=SUCCESS)
def a_number_becomes_text(request: Request, answer: Answer) -> None:
    """Ids are written as text."""
    answer.put(**{name: str(value) for name, value in answer.members.items() if isinstance(value, int)})


@fault(test_answers_match_their_schema)
def required_headers_are_missing(request: Request, answer: Answer) -> None:
    """Answers keep no header but those of their content."""
    answer.headers = {name: value for name, value in answer.headers.items() if name.startswith("content-")}
