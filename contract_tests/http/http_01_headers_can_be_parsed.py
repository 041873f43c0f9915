"""HTTP-01: header fields follow their grammar."""

from collections.abc import Sequence

from http_sf import parse
from httplint import HttpResponseLinter, levels

from bookplate import expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import ERROR, Answer, Request
from bookplate.wire import Exchange


@invariant("HTTP-01", source="RFC 9110, section 5; RFC 9651")
def headers_can_be_parsed(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    Every header field of an answer follows the grammar of its own specification.

    Advice on habits, and what is no matter of grammar, is left out. RateLimit is judged by the draft that the document
    names; where it names none, the form of any published draft will do.

    Why it matters: clients, proxies and caches ignore or misread a field that they cannot parse: an entity tag
    without quotes never matches, and a Retry-After that is a word is never waited for.

    To mend it: write header fields by functions that know their form: ETag in quotes, Retry-After as whole seconds
    or a date, lists as structured fields. Look at fields that a library or a proxy writes for an older draft.
    """
    errors = grammar_errors(exchange)

    expect.that(
        not errors,
        "; ".join(errors),
        expected="header fields as their specifications write them",
        shown=[exchange],
    )
    for name in RATELIMIT_FIELDS:
        is_structured_field(name, exchange, forms_of_ratelimit(document.ratelimit_draft))


# Fields that httplint does not know.
RATELIMIT_FIELDS = ("ratelimit", "ratelimit-policy")
# The draft that wrote RateLimit as a dictionary; it is a list in those after it.
DICTIONARY = 7


def forms_of_ratelimit(draft: int | None) -> Sequence[str]:
    """Return which structured fields RateLimit may be, by the draft that a document names."""
    if draft is None or draft <= DICTIONARY:
        return "list", "dictionary"
    return ("list",)


# Notes that httplint calls bad and this suite does not, since they are no matter of grammar; each with its reason.
NO_GRAMMAR = {
    "CL_INCORRECT",  # the transport has checked it, and 304 carries no content
    "CREATED_WITHOUT_LOCATION",  # the new resource is then at the target itself, or its id says where
    "REQUEST_HDR_IN_RESPONSE",  # `Pragma: no-cache` is meant for old caches, and nothing else reads it
    "DATE_CLOCKLESS_BAD_HDR",  # the server in front may add a Date
    "LM_FUTURE",  # clocks differ
    "DATE_INCORRECT",  # clocks differ
    "CORS_PREFLIGHT_ONLY",  # what a preflight is answered may stand in every answer, where nothing reads it
    "STORE_PRIVATE_PUBLIC_CONFLICT",  # two directives that are right each
    "CHECK_POST_ZERO",  # a directive of one browser that is gone
    "REDIRECT_WITHOUT_LOCATION",  # RFC 9110, section 15.4, only recommends it
    "SET_COOKIE_TOO_LARGE",  # how much a client keeps is for the client to say
    "SET_COOKIE_PREFIX_SECURE_MISSING",  # prefixes are names, and what browsers make of them is no grammar
    "SET_COOKIE_PREFIX_HOST_BAD_DOMAIN",
    "SET_COOKIE_PREFIX_HOST_BAD_PATH",
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


def is_structured_field(name: str, exchange: Exchange, forms: Sequence[str]) -> None:
    """Expect a header field, where an answer has it, to be a structured field of one of these forms (RFC 9651, section 3)."""
    text = ", ".join(value for key, value in exchange.headers if key == name)
    expected = f"a {' or a '.join(forms)} of structured fields (RFC 9651)"
    expect.that(any(is_form(text, form) for form in forms), f"{name}: {text}", expected=expected, shown=[exchange])


def is_form(text: str, form: str) -> bool:
    """Tell whether a text is a structured field of a form."""
    try:
        parse(text.encode("latin-1"), tltype=form)
    except ValueError:
        return False
    return True


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
