"""HTTP-01: header fields follow their grammar."""

from collections.abc import Sequence

from http_sf import parse
from httplint import HttpResponseLinter, levels

from bookplate import Violation, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

# Fields that httplint does not know; each is a list of structured fields.
LISTS = ("ratelimit", "ratelimit-policy")


@invariant("HTTP-01", source="RFC 9110, section 5; RFC 9651")
def headers_can_be_parsed(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    Every header field of an answer follows the grammar of its own specification.

    Advice on habits, and what is no matter of grammar, is left out.

    Why it matters: clients, proxies and caches ignore or misread a field that they cannot parse: an entity tag
    without quotes never matches, and a Retry-After that is a word is never waited for.
    """
    errors = grammar_errors(exchange)

    expect.that(
        not errors,
        "; ".join(errors),
        expected="header fields as their specifications write them",
        shown=[exchange],
    )
    for name in LISTS:
        is_structured_list(name, exchange)


# Notes that httplint calls bad and this suite does not, since they are no matter of grammar; each with its reason.
NO_GRAMMAR = {
    "CL_INCORRECT",  # the transport has checked it, and 304 carries no content
    "CREATED_WITHOUT_LOCATION",  # the new resource is then at the target itself, or its id says where
    "REQUEST_HDR_IN_RESPONSE",  # `Pragma: no-cache` is meant for old caches, and nothing else reads it
    "DATE_CLOCKLESS_BAD_HDR",  # the server in front may add a Date
    "LM_FUTURE",  # clocks differ
    "HSTS_PRELOAD_NOT_SUITABLE",  # how long it lasts is for those to say that deploy the service
}
# Notes that httplint only warns of, and that are errors of grammar all the same.
GRAMMAR = {"BAD_SYNTAX", "ENTITY_TAG_WEAK_CASE", "ENTITY_TAG_LIST_STAR", "DATE_OBSOLETE", "CC_QUOTED_VALUE"}


def grammar_errors(exchange: Exchange) -> Sequence[str]:
    """Return what httplint says against the grammar of an answer's header fields."""
    linter = HttpResponseLinter(no_content=True)
    linter.process_response_topline(b"HTTP/1.1", str(exchange.status).encode(), b"")
    linter.process_headers(
        [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in exchange.headers]
    )
    linter.finish_content(True)

    errors = []
    for note in linter.notes:
        name = type(note).__name__
        is_about_a_header = note.subject.startswith(("field-", "offset-"))
        is_grammar = name in GRAMMAR or (note.level is levels.BAD and name not in NO_GRAMMAR)
        if is_about_a_header and is_grammar:
            errors.append(str(note.summary))
    return errors


def is_structured_list(name: str, exchange: Exchange) -> None:
    """Expect a header field, where an answer has it, to be a list of structured fields (RFC 9651, section 3.1)."""
    text = ", ".join(value for key, value in exchange.headers if key == name)
    try:
        parse(text.encode("latin-1"), tltype="list")
    except ValueError as problem:
        raise Violation(
            f"{name}: {text}", expected="a list of structured fields (RFC 9651)", exchanges=[exchange]
        ) from problem


@fault(headers_can_be_parsed)
def entity_tag_without_quotes(request: Request, answer: Answer) -> None:
    """ETag has no quotes."""
    answer.edit("etag", '"', "")


@fault(headers_can_be_parsed, statuses=ERROR)
def retry_after_is_a_word(request: Request, answer: Answer) -> None:
    """Retry-After of an error is the word `minute`."""
    answer.headers["retry-after"] = "minute"


@fault(headers_can_be_parsed)
def limits_in_an_old_draft(request: Request, answer: Answer) -> None:
    """RateLimit is written as draft 7 wrote it."""
    answer.edit("ratelimit", ".+", "limit=60, remaining=59, reset=60")
