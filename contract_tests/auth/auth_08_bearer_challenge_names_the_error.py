"""AUTH-08: a Bearer challenge says what was wrong with the token."""

import re

from bookplate import SHOULD, NotExercised, expect, fault, invariant
from bookplate.contract import Document, Operation, takes_tokens
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import challenges, is_unauthorized

BEARER_TOKEN = re.compile(r"bearer +[\w.~+/-]+=*", re.IGNORECASE)


@invariant("AUTH-08", source="RFC 6750, section 3.1", level=SHOULD, applies=takes_tokens, when=is_unauthorized)
def bearer_challenge_names_the_error(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    A Bearer challenge names the error `invalid_token` when the request had a token, and no error when it had none.

    An Authorization field that is not `Bearer` with one token is malformed, which is neither.

    Why it matters: a client renews its token on `invalid_token`. Without it the client cannot tell an
    expired token from a missing one, and its user is logged out or stuck in a loop.

    To mend it: send `error="invalid_token"` where the request had a token that is not good, and no `error` where it
    had none. Both kinds of 401 need a branch of their own where the challenge is written.
    """
    challenge = challenges(exchange).get("bearer")
    authorization = exchange.request_header("authorization")
    is_malformed = authorization is not None and not BEARER_TOKEN.fullmatch(authorization)
    if challenge is None or is_malformed:
        raise NotExercised("there was no Bearer challenge to a request with one token or none")

    expected = "invalid_token" if authorization else None

    expect.that(
        error_of(challenge) == expected,
        f"401 with WWW-Authenticate: Bearer {challenge}",
        expected=f"error {expected or 'left out'}",
        shown=[exchange],
    )


ERROR = re.compile(r'\berror[ \t]*=[ \t]*"?([^",]*)', re.IGNORECASE)


def error_of(challenge: str) -> str | None:
    """Return the error that a challenge names; None where it names none."""
    match = ERROR.search(challenge)
    return match[1] if match else None


@fault(bearer_challenge_names_the_error, statuses=(401,))
def missing_token_is_called_invalid(request: Request, answer: Answer) -> None:
    """Every challenge says invalid_token."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate", error="invalid_token"'


@fault(bearer_challenge_names_the_error, statuses=(401,))
def challenge_names_no_error(request: Request, answer: Answer) -> None:
    """No challenge names an error."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate"'
