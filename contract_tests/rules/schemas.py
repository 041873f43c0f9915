"""Schemas: answers are what the document declares, and requests are judged by it."""

from collections.abc import Generator

from ..fault import Answer, Request
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


@statuses_are_documented.broken_by
def success_is_202(request: Request) -> Generator[None, Answer, None]:
    """What was done is said to be accepted."""
    answer = yield
    if answer.status == 200:
        answer.status = 202


@media_types_are_documented.broken_by
def json_is_called_text(request: Request) -> Generator[None, Answer, None]:
    """Bodies are JSON and called plain text."""
    answer = yield
    if answer.headers.get("content-type") == "application/json":
        answer.headers["content-type"] = "text/plain"


@answers_follow_their_schema.broken_by
def a_field_leaks(request: Request) -> Generator[None, Answer, None]:
    """Objects show one field more than declared."""
    answer = yield
    body = answer.json()
    if answer.status < 300 and isinstance(body, dict):
        answer.rewrite({**body, "password_hash": "x"})


@answers_follow_their_schema.broken_by
def a_number_becomes_text(request: Request) -> Generator[None, Answer, None]:
    """Ids are written as text."""
    answer = yield
    body = answer.json()
    if answer.status < 300 and isinstance(body, dict):
        answer.rewrite({name: str(value) if isinstance(value, int) else value for name, value in body.items()})


@answers_follow_their_schema.broken_by
def required_headers_are_missing(request: Request) -> Generator[None, Answer, None]:
    """Answers keep no header but those of their content."""
    answer = yield
    answer.headers = {name: value for name, value in answer.headers.items() if name.startswith("content-")}


@requests_are_judged_by_their_schema.broken_by
def invalid_is_good_enough(request: Request) -> Generator[None, Answer, None]:
    """What validation refuses is waved through."""
    answer = yield
    if answer.status in (400, 422):
        answer.become(200, {})


@requests_are_judged_by_their_schema.broken_by
def valid_is_refused(request: Request) -> Generator[None, Answer, None]:
    """What was made or read is reported as invalid."""
    answer = yield
    if 200 <= answer.status < 300:
        answer.become(422, {})
