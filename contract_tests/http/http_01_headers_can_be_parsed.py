"""HTTP-01: headers can be parsed."""

from http_sf import parse
from httplint import HttpResponseLinter, levels

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange

# What httplint calls bad and this suite does not, as it is no matter of grammar: each line with its reason.
OFF = {
    "CL_INCORRECT",  # the transport has checked it, and 304 carries none
    "CREATED_WITHOUT_LOCATION",  # what was made is then at the target itself, or its id says where
    "REQUEST_HDR_IN_RESPONSE",  # `Pragma: no-cache` is said to old caches, and nobody else listens
    "DATE_CLOCKLESS_BAD_HDR",  # a Date may be added by the server in front
    "LM_FUTURE",  # clocks differ
    "HSTS_PRELOAD_NOT_SUITABLE",  # how long is for who deploys it to say
}


# What it only warns of is advice, of old habits and of laborious ones, but for this.
GRAMMAR = {"BAD_SYNTAX", "ENTITY_TAG_WEAK_CASE", "ENTITY_TAG_LIST_STAR", "DATE_OBSOLETE", "CC_QUOTED_VALUE"}


LISTS = ("ratelimit", "ratelimit-policy")


@invariant("HTTP-01", source="RFC 9110, section 5; RFC 9651")
def headers_can_be_parsed(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """Every header of an answer follows the grammar of its own specification."""
    linter = HttpResponseLinter(no_content=True)
    linter.process_response_topline(b"HTTP/1.1", str(exchange.status).encode(), b"")
    linter.process_headers([(n.encode("latin-1"), v.encode("latin-1", "replace")) for n, v in exchange.headers])
    linter.finish_content(True)
    for note in linter.notes:
        name, about_a_header = type(note).__name__, note.subject.startswith(("field-", "offset-"))
        if about_a_header and (name in GRAMMAR or (note.level is levels.BAD and name not in OFF)):
            raise Violation(str(note.summary), expected="headers as their specifications write them")
    for name in LISTS:
        values = [value for key, value in exchange.headers if key == name]
        try:
            parse(", ".join(values).encode("latin-1"), tltype="list")
        except ValueError as problem:
            raise Violation(f"{name}: {values[0]}", expected="a list of structured fields (RFC 9651)") from problem


@fault(headers_can_be_parsed)
def entity_tag_without_quotes(request: Request, answer: Answer) -> None:
    """ETags lose their quotes."""
    answer.edit("etag", '"', "")


@fault(headers_can_be_parsed, statuses=ERROR)
def retry_after_is_a_word(request: Request, answer: Answer) -> None:
    """Errors ask to retry after a `minute`."""
    answer.headers["retry-after"] = "minute"


@fault(headers_can_be_parsed)
def limits_in_an_old_draft(request: Request, answer: Answer) -> None:
    """RateLimit is written as draft 7 did."""
    answer.edit("ratelimit", ".+", "limit=60, remaining=59, reset=60")
