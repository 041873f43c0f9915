"""AUTH-08: bearer challenge names the error."""

import re

from bookplate import SHOULD, Violation, fault, invariant
from bookplate.contract import Document, Operation, takes_tokens
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import challenges, is_unauthorized

SAID = re.compile(r'\berror[ \t]*=[ \t]*"?([^",]*)', re.IGNORECASE)


BEARER = re.compile(r"bearer +[\w.~+/-]+=*", re.IGNORECASE)


@invariant("AUTH-08", source="RFC 6750, section 3.1", level=SHOULD, applies=takes_tokens, when=is_unauthorized)
def bearer_challenge_names_the_error(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A Bearer challenge says invalid_token to whoever brought a token, and names no error to whoever brought nothing."""
    sent, challenge = exchange.request_header("authorization"), challenges(exchange).get("bearer")
    if challenge is None or (sent is not None and not BEARER.fullmatch(sent)):  # what is malformed is neither
        return
    said, expected = SAID.search(challenge), "invalid_token" if sent else None
    if (said and said[1]) != expected:
        raise Violation(f"401 with {challenge or 'no parameters'}", expected=f"error {expected or 'left out'}")


@fault(bearer_challenge_names_the_error, statuses=(401,))
def whoever_brings_nothing_brought_a_bad_token(request: Request, answer: Answer) -> None:
    """Every challenge says invalid_token."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate", error="invalid_token"'


@fault(bearer_challenge_names_the_error, statuses=(401,))
def bad_tokens_are_not_told(request: Request, answer: Answer) -> None:
    """No challenge says what was wrong."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate"'
