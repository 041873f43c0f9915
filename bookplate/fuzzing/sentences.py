"""What a check of schemathesis found, in sentences of our own: nothing of its phrases stands in a report."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    EnsureResourceAvailability,
    IgnoredAuth,
    MissingContentType,
    MissingHeaderNotRejected,
    MissingHeaders,
    ObjectLevelAuthorizationViolation,
    RejectedPositiveData,
    UndefinedContentType,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
    UseAfterFree,
)

from ..laws.words import listed
from ..wire.exchange import Exchange
from .tolerance import is_refusal

METHOD_NOT_ALLOWED = 405
NOT_UNDERSTOOD = 400
# What the generator says of the part of a request that it has made wrong.
WRONG_PART = re.compile(r"Invalid component:?\s*(?P<what>.+)", re.DOTALL)


class Sentence(NamedTuple):
    """What was observed, and what was expected in its place."""

    observed: str
    expected: str


def sentence_of(failure: Failure, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    """Return what a failure says of an answer; `chain` are the exchanges that show it."""
    words = next((WORDS[kind] for kind in type(failure).__mro__ if kind in WORDS), None)
    if words is not None:
        return words(failure, chain, answer)
    # A check that this table does not have yet: its title says the most.
    return Sentence(f"{answer.summary()}: {failure.title[:1].lower()}{failure.title[1:]}", "what the document promises")


def server_error(failure: ServerError, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    return Sentence(answer.describe(), "no server error (5xx), whatever the request is")


def undocumented_status(failure: UndefinedStatusCode, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    known = listed(map(str, failure.defined_status_codes), most=20)
    return Sentence(
        f"{answer.describe()}, a status that the document does not have there", f"a documented status: {known}"
    )


def undocumented_type(failure: UndefinedContentType, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    known = listed(map(str, failure.defined_content_types), most=20)
    observed = f"{answer.summary()} with {answer.media_type}, which the document does not have there"
    return Sentence(observed, f"a documented media type: {known}")


def no_type(failure: MissingContentType, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    return Sentence(f"{answer.summary()} with content, and without Content-Type", "a Content-Type, as documented")


def no_headers(failure: MissingHeaders, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    names = listed(sorted(failure.missing_headers, key=str.lower))
    return Sentence(f"{answer.summary()} without {names}", f"{names}, as documented")


def no_credentials(failure: IgnoredAuth, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    is_shown = "without" not in failure.title
    who = "a caller whose credentials are not valid" if is_shown else "a caller without credentials"
    expected = "401, as documented" if is_refusal(answer.status) else "a refusal, such as 401"
    return Sentence(f"{answer.summary()} to {who}", f"{expected}: the document asks for credentials")


def other_user(failure: ObjectLevelAuthorizationViolation, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    who = f"user {failure.peer} for what user {failure.owner} made"
    return Sentence(f"{answer.summary()} to {who}", "a refusal: it belongs to another user")


def valid_refused(failure: RejectedPositiveData, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    return Sentence(f"a request that is valid by the document is refused: {answer.describe()}", "a success")


def invalid_accepted(failure: AcceptedNegativeData, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    found = WRONG_PART.search(failure.message)
    what = " ".join(found["what"].replace("`", "'").split()) if found else ""
    wrong = f": wrong in it is {what}" if what else ""
    return Sentence(
        f"a request that the document forbids is accepted: {answer.summary()}", f"a refusal, such as 400{wrong}"
    )


def header_not_missed(failure: MissingHeaderNotRejected, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    observed = f"{answer.describe()}, although the request lacks the required header field {failure.header_name}"
    return Sentence(observed, f"a refusal, such as {NOT_UNDERSTOOD}")


def other_method(failure: UnsupportedMethodResponse, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    if answer.status == METHOD_NOT_ALLOWED:
        return Sentence(f"{answer.summary()} without Allow", "Allow, with the methods that there are")
    observed = f"{answer.summary()}, a method that the document does not have at this path"
    return Sentence(observed, f"{METHOD_NOT_ALLOWED} with Allow")


def other_allow(failure: AllowHeaderMismatch, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    missing, extra = (
        listed(sorted(map(str.upper, each))) for each in (failure.missing_methods, failure.undocumented_methods)
    )
    parts = [f"lacks {missing}"] if failure.missing_methods else []
    parts += [f"has {extra}, which the document does not have"] if failure.undocumented_methods else []
    observed = f"{answer.summary()} with Allow: {failure.allow_header}, which {' and '.join(parts) or 'is not right'}"
    return Sentence(observed, "the methods that the document has at this path")


def used_after_deletion(failure: UseAfterFree, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    deletion = next((each.summary() for each in reversed(chain) if each.method == "DELETE"), "it was deleted")
    return Sentence(f"{answer.summary()} after {deletion}", "404 or 410: it is gone")


def not_there(failure: EnsureResourceAvailability, chain: Sequence[Exchange], answer: Exchange) -> Sentence:
    creation = next((each.summary() for each in reversed(chain) if each.method == "POST"), "it was created")
    return Sentence(f"{answer.describe()} right after {creation}", "a success: it was just created")


WORDS: Mapping[type[Failure], Callable[[Any, Sequence[Exchange], Exchange], Sentence]] = {
    ServerError: server_error,
    UndefinedStatusCode: undocumented_status,
    UndefinedContentType: undocumented_type,
    MissingContentType: no_type,
    MissingHeaders: no_headers,
    IgnoredAuth: no_credentials,
    ObjectLevelAuthorizationViolation: other_user,
    RejectedPositiveData: valid_refused,
    AcceptedNegativeData: invalid_accepted,
    MissingHeaderNotRejected: header_not_missed,
    UnsupportedMethodResponse: other_method,
    AllowHeaderMismatch: other_allow,
    UseAfterFree: used_after_deletion,
    EnsureResourceAvailability: not_there,
}
