"""Schemas: answers are what the document declares, and requests are judged by it."""

from ..fault import SUCCESS, Answer, Request
from ..operation import has_input
from ..rule import delegated

statuses_are_documented = delegated(
    "SCHEMA-01",
    "Every answer has a status that the document declares for its operation.",
    check="status_code_conformance",
    source="OpenAPI 3.0.3, Responses Object",
)

media_types_are_documented = delegated(
    "SCHEMA-02",
    "Every answer has a media type that the document declares for its status.",
    check="content_type_conformance",
    source="OpenAPI 3.0.3, Media Type Object",
)

answers_follow_their_schema = delegated(
    "SCHEMA-03",
    "Every answer's body and headers are valid against what the document declares for its status.",
    check=("response_schema_conformance", "response_headers_conformance"),
    source="OpenAPI 3.0.3, Schema Object and Header Object",
)

requests_are_judged_by_their_schema = delegated(
    "SCHEMA-04",
    "A request that the document allows is not refused as invalid, and one that it forbids is refused.",
    check=("positive_data_acceptance", "negative_data_rejection", "missing_required_header"),
    source="OpenAPI 3.0.3, Schema Object and Parameter Object",
    applies=has_input,
)


@statuses_are_documented.broken_at(200)
def success_is_202(request: Request, answer: Answer) -> None:
    """What was done is said to be accepted."""
    answer.status = 202


@media_types_are_documented.broken_by
def json_is_called_text(request: Request, answer: Answer) -> None:
    """Bodies are JSON and called plain text."""
    answer.edit("content-type", "^application/json$", "text/plain")


@answers_follow_their_schema.broken_at(*SUCCESS)
def a_field_leaks(request: Request, answer: Answer) -> None:
    """Objects show one field more than declared."""
    answer.put(password_hash="x")


@answers_follow_their_schema.broken_at(*SUCCESS)
def a_number_becomes_text(request: Request, answer: Answer) -> None:
    """Ids are written as text."""
    answer.put(**{name: str(value) for name, value in answer.members.items() if isinstance(value, int)})


@answers_follow_their_schema.broken_by
def required_headers_are_missing(request: Request, answer: Answer) -> None:
    """Answers keep no header but those of their content."""
    answer.headers = {name: value for name, value in answer.headers.items() if name.startswith("content-")}


@requests_are_judged_by_their_schema.broken_at(400, 422)
def invalid_is_good_enough(request: Request, answer: Answer) -> None:
    """What validation refuses is waved through."""
    answer.become(200, {})


@requests_are_judged_by_their_schema.broken_at(*SUCCESS)
def valid_is_refused(request: Request, answer: Answer) -> None:
    """What was made or read is reported as invalid."""
    answer.become(422, {})
