"""SCHEMA-03: answers match their schema."""

import gzip
import math
import re
from collections.abc import Iterator

from bookplate import NotExercised, expect, fault, invariant
from bookplate.contract import Document, Operation, Response, Schema, is_json
from bookplate.faults import SUCCESS, Answer, Request
from bookplate.wire import Exchange, missing_header

CHECKS = ("response_schema_conformance", "response_headers_conformance", "content_is_unambiguous")


@invariant(
    "SCHEMA-03",
    source="OpenAPI 3.0.3, Schema Object and Header Object; RFC 8259; RFC 9110, section 8.4",
    checks=CHECKS,
    core=True,
)
def answers_match_their_schema(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    The content and the header fields of every answer are valid against their documented schemas.

    Before that, content can be read: its coding can be undone, it ends where the fields say, and JSON is JSON by RFC 8259,
    without NaN and in UTF-8. Two members of one name in an object are advice. Formats count, such as int32, and where a
    discriminator of OpenAPI 3.0 names an alternative, the content follows that one. Content of which more comes than the
    suite reads is not judged, nor is a part of a content (206).

    Why it matters: typed clients are generated from the schemas. A member whose value has the wrong type, or a missing
    one, is an exception in their code. A member that no schema has may be data that was not meant for the caller.

    To mend it: build answers from the schema, by a serializer with named members, and not from the row of the
    database. Look at null, at numbers written as text, at NaN and at members that were added since. Where the
    answer is right, mend the document.
    """
    # Neither method nor path is named, which vary from one generated request to the next: the cause is one.
    expect.that(not exchange.unreadable, f"the content of the {exchange.status} cannot be read: {exchange.unreadable}")
    response = operation.response_to(exchange.status) if operation is not None else None
    if response is None or exchange.method == "HEAD":
        raise NotExercised("the document promises nothing of the content and the fields of this answer")
    schema = schema_of_content(exchange, response)
    if schema is None and not response.headers:
        raise NotExercised("the document has no schema for this answer")

    in_content = mistakes_in_content(exchange, schema)
    mistakes = [*in_content, *mistakes_in_fields(exchange, response)]
    expect.that(
        not mistakes,
        f"the {exchange.status}: {'; also: '.join(mistakes)}",
        expected="an answer that is valid against its documented schemas",
        defect=defect_of_content(in_content[0], operation) if in_content else defect_of_fields(exchange, response),
    )


def schema_of_content(exchange: Exchange, response: Response) -> Schema | None:
    """Return what the JSON of an answer has to be; None where it is no JSON, or the document does not say."""
    content_type = exchange.header("content-type")
    media = response.media_for(content_type)
    is_whole = bool(exchange.body) and exchange.status != PARTIAL_CONTENT
    return media.schema if media is not None and is_json(content_type) and is_whole else None


def mistakes_in_content(exchange: Exchange, schema: Schema | None) -> list[str]:
    value = exchange.json() if schema is not None else None
    if schema is None or (value is None and exchange.body.strip() != b"null"):  # nested more deeply than can be read
        return []
    return [f"the content breaks its schema at {mistake}" for mistake in schema.violations(value)[:MOST_NAMED]]


def mistakes_in_fields(exchange: Exchange, response: Response) -> Iterator[str]:
    for name, header in response.headers.items():
        text = exchange.header(name)
        if text is None and header.required:
            yield f"{header.name} is missing"
        if text is not None:
            yield from (f"{header.name} breaks its schema: {mistake[3:]}" for mistake in header.violations(text)[:1])


def defect_of_content(mistake: str, operation: Operation | None) -> str:
    """Return what is wrong with the answers below a path: the member, without the value that it had this time."""
    where, _, message = mistake.partition(": ")
    about_names = f": {message}" if "propert" in message else ""
    place = re.sub(r"/\d+(?=/|$)", "/*", where)
    below = f"below {operation.family}, " if operation else ""
    return f"{below}{place}{about_names}"


def defect_of_fields(exchange: Exchange, response: Response) -> str:
    """Return which header fields the service leaves out; nothing where it is another thing that is wrong with them."""
    missing = [each.name for name, each in response.headers.items() if each.required and exchange.header(name) is None]
    return "; ".join(missing_header(name) for name in sorted(missing))


PARTIAL_CONTENT = 206
MOST_NAMED = 3


@fault(answers_match_their_schema, statuses=SUCCESS)
def a_field_leaks(request: Request, answer: Answer) -> None:
    """Objects have a member that the document does not declare."""
    answer.put(password_hash="x")


@fault(answers_match_their_schema, statuses=SUCCESS)
def a_number_becomes_text(request: Request, answer: Answer) -> None:
    """Whole numbers are text."""
    numbers = {name: value for name, value in answer.members.items() if isinstance(value, int)}
    answer.put(**{name: str(number) for name, number in numbers.items()})


@fault(answers_match_their_schema)
def required_headers_are_missing(request: Request, answer: Answer) -> None:
    """Answers have no header fields but those about their content."""
    answer.headers = {name: value for name, value in answer.headers.items() if name.startswith("content-")}


@fault(answers_match_their_schema, statuses=SUCCESS)
def numbers_are_nan(request: Request, answer: Answer) -> None:
    """Whole numbers of what is read are NaN, which is no JSON."""
    if request.method == "GET":
        numbers = {name: math.nan for name, value in answer.members.items() if isinstance(value, int)}
        answer.put(**numbers)


@fault(answers_match_their_schema)
def fields_have_values_of_no_list(request: Request, answer: Answer) -> None:
    """Cache-Control has another value than those that the document lists."""
    answer.edit("cache-control", ".+", "max-age=0")


@fault(answers_match_their_schema, statuses=SUCCESS)
def coding_is_not_named(request: Request, answer: Answer) -> None:
    """Content is compressed, and no Content-Encoding says so."""
    if answer.body and "content-encoding" not in answer.headers:
        answer.body = gzip.compress(answer.body)
