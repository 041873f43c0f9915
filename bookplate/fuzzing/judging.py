"""The same judgement once more: whether another answer shows what an earlier one has shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData

from ..contract.document import Document
from ..contract.operation import Operation
from ..laws.law import Invariant
from ..laws.verdict import VARYING
from ..laws.words import listed
from ..smallest.mistakes import mistakes_of
from ..smallest.parts import Parts
from ..wire.exchange import Exchange
from ..wire.outcomes import Violation
from ..wire.shape import shape_of
from .claims import sent
from .defects import defect_of
from .excuses import excused
from .sentences import sentence_of
from .session import join_lines

FIRST_ERROR = 400
# Checks that look at one answer alone, whatever was sent.
OF_ONE_ANSWER = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "content_is_unambiguous",
    "unsupported_method",
    "allow_header_conformance",
)


@dataclass(frozen=True)
class Shown:
    """
    A failure that generated requests have shown, and how it is judged once more.

    `exchanges` show it; the last one decides. `judge` gets another answer to the last request, or to what is left of it,
    with the answer as the library has it and the exchanges before it. It returns what the answer shows: None where that is
    not the same failure.
    """

    exchanges: Sequence[Exchange]
    judge: Callable[[Exchange, requests.Response, Sequence[Exchange]], Violation | None]


def by_invariant(law: Invariant, operation: Operation | None, document: Document, shown: Violation) -> Shown:
    """Return how a violation of an invariant is judged once more."""
    last = shown.exchanges[-1]

    def judge(answer: Exchange, raw: requests.Response, before: Sequence[Exchange]) -> Violation | None:
        try:
            law.judge(answer, operation, document)
        except Violation as violation:
            violation.exchanges = (*before, *(violation.exchanges or (answer,)))
            is_same = steady(violation) == steady(shown) and is_alike(answer, last)
            return violation if is_same else None
        return None

    return Shown(shown.exchanges, judge)


def steady(violation: Violation) -> str:
    """Return what was observed without what varies."""
    return VARYING.sub("#", violation.observed)


def by_check(name: str, failure: Failure, case: Any, operation: Operation, chain: Sequence[Exchange]) -> Shown:
    """Return how a failure of a check of schemathesis is judged once more."""
    last = chain[-1]

    def judge(answer: Exchange, raw: requests.Response, before: Sequence[Exchange]) -> Violation | None:
        if name in OF_ONE_ANSWER:
            again = checked_again(name, failure, case, raw) if is_alike(answer, last) else None
        else:
            again = failure if answers_the_same(failure, operation, answer, last) else None
        if again is None:
            return None
        observed, expected = sentence_of(again, (*before, answer), answer)
        if isinstance(failure, AcceptedNegativeData):
            expected = f"a refusal, such as 400: {listed(sorted(mistakes_of(Parts.of(answer), operation)))}"
        return Violation(
            observed, expected=expected, exchanges=(*before, answer), defect=defect_of(again, operation, answer)
        )

    return Shown(tuple(chain), judge)


def checked_again(name: str, failure: Failure, case: Any, raw: requests.Response) -> Failure | None:
    """Return what a check finds in another answer, where that is the same failure."""
    response = Response.from_requests(raw, verify=True)
    join_lines(response.headers)
    try:
        case.validate_response(response, checks=[schemathesis.checks.CHECKS.get_one(name)])
    except FailureGroup as group:
        return next((each for each in group.exceptions if each == failure), None)
    return None


def answers_the_same(failure: Failure, operation: Operation, answer: Exchange, before: Exchange) -> bool:
    """Tell whether what was sent is answered as before, where the check has looked at more than the answer."""
    if isinstance(failure, AcceptedNegativeData):
        return 200 <= answer.status < 300 and bool(mistakes_of(Parts.of(answer), operation))
    if isinstance(failure, RejectedPositiveData):
        is_valid = not mistakes_of(Parts.of(answer), operation) and not excused(answer.status, sent(answer), operation)
        return is_valid and is_alike(answer, before)
    return is_alike(answer, before)


def is_alike(answer: Exchange, before: Exchange) -> bool:
    """Tell whether two answers are the same but for values: an error says the same, and a server has printed the same."""
    if (answer.status, answer.media_type) != (before.status, before.media_type):
        return False
    says_the_same = answer.status < FIRST_ERROR or shape_of(answer) == shape_of(before)
    return says_the_same and raised(answer) == raised(before)


def raised(answer: Exchange) -> str:
    """Return the kind of exception that a server has printed last; empty where it printed none."""
    line = next(reversed(answer.logged.splitlines()), "")
    kind = line.partition(":")[0].strip()
    return kind if kind.replace(".", "").isidentifier() else ""
