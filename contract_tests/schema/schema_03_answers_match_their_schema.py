"""SCHEMA-03: answers match their schema."""

import math

from bookplate import delegated, fault
from bookplate.faults import SUCCESS, Answer, Request
from bookplate.laws import GeneratedRequests


@delegated(
    "SCHEMA-03",
    checks=(
        "response_schema_conformance",
        "response_headers_conformance",
        "content_is_readable",
        "content_is_unambiguous",
    ),
    source="OpenAPI 3.0.3, Schema Object and Header Object; RFC 8259; RFC 9110, section 8.4",
    core=True,
)
def test_answers_match_their_schema(generated_requests: GeneratedRequests) -> None:
    """
    The content and the header fields of every answer to a generated request are valid against their documented schemas.

    Before that, content can be read: its coding can be undone, it ends where the fields say, and JSON is JSON by RFC 8259,
    without NaN and in UTF-8. Two members of one name in an object are advice. Content of which more comes than the suite
    reads is not judged.

    Why it matters: typed clients are generated from the schemas. A member whose value has the wrong type, or a missing
    one, is an exception in their code. A member that no schema has may be data that was not meant for the caller.
    """
    generated_requests.report()


@fault(test_answers_match_their_schema, statuses=SUCCESS)
def a_field_leaks(request: Request, answer: Answer) -> None:
    """Objects have a member that the document does not declare."""
    answer.put(password_hash="x")


@fault(test_answers_match_their_schema, statuses=SUCCESS)
def a_number_becomes_text(request: Request, answer: Answer) -> None:
    """Whole numbers are text."""
    numbers = {name: value for name, value in answer.members.items() if isinstance(value, int)}
    answer.put(**{name: str(number) for name, number in numbers.items()})


@fault(test_answers_match_their_schema)
def required_headers_are_missing(request: Request, answer: Answer) -> None:
    """Answers have no header fields but those about their content."""
    answer.headers = {name: value for name, value in answer.headers.items() if name.startswith("content-")}


@fault(test_answers_match_their_schema, statuses=SUCCESS)
def numbers_are_nan(request: Request, answer: Answer) -> None:
    """Whole numbers of what is read are NaN, which is no JSON."""
    if request.method == "GET":
        numbers = {name: math.nan for name, value in answer.members.items() if isinstance(value, int)}
        answer.put(**numbers)
