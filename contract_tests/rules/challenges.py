"""Challenges: who may not pass without a credential is told which one to bring."""

import re

from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_secured, takes_tokens
from ..rule import SHOULD, Violation, delegated, invariant

NAME = r"[\w!#$%&'*+.^`|~-]+"
COMMA = r"[ \t]*,[ \t,]*"
PARAMETER = rf'{NAME}[ \t]*=[ \t]*(?:{NAME}|"(?:[^"\\]|\\.)*")'
CHALLENGE = re.compile(rf"(?a)({NAME})(?: +({PARAMETER}(?:{COMMA}{PARAMETER})*|[\w.~+/-]+=*))?(?:{COMMA}|[ \t]*$)")
SAID = re.compile(r'\berror[ \t]*=[ \t]*"?([^",]*)', re.IGNORECASE)
BEARER = re.compile(r"bearer +[\w.~+/-]+=*", re.IGNORECASE)

secured_means_secured = delegated(
    "AUTH-01",
    "An operation that declares security answers 401 to whoever brings no valid credential.",
    check="ignored_auth",
    source="OpenAPI 3.0.3, security; RFC 9110, section 15.5.2",
    applies=is_secured,
)


@secured_means_secured.broken_by
def nobody_is_asked(request: Request) -> None:
    """Who brings no token passes as whoever brought one last."""
    if "authorization" in request.headers:
        request.memory["last"] = request.headers["authorization"]
    elif "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]


def is_unauthorized(exchange: Exchange) -> bool:
    return exchange.status == 401


def may_refuse(operation: Operation) -> bool:
    return operation.secured or "401" in operation.responses


@invariant("AUTH-02", source="RFC 9110, section 11.6.1", applies=may_refuse, when=is_unauthorized)
def refusals_name_a_scheme(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A 401 has a WWW-Authenticate that can be parsed and names a scheme by which the document lets people in."""
    declared = document.raw.get("components", {}).get("securitySchemes", {}).values()
    schemes = {str(each.get("scheme", "bearer")).lower(): each.get("type") for each in map(document.resolve, declared)}
    # A key in a header of its own has no scheme of HTTP that a challenge could name.
    if schemes and "apiKey" not in schemes.values() and not schemes.keys() & challenges(exchange).keys():
        observed = f"401 with WWW-Authenticate {exchange.header('www-authenticate')}"
        raise Violation(observed, expected=f"a challenge of scheme {' or '.join(schemes)}")


def challenges(exchange: Exchange) -> dict[str, str]:
    """Return the parameters of each scheme that an answer names, as they stand; nothing where they cannot be parsed."""
    text = ", ".join(value for name, value in exchange.headers if name == "www-authenticate")
    found, at = {}, 0
    while at < len(text) and (match := CHALLENGE.match(text, at)):
        found[match[1].lower()] = match[2] or ""
        at = match.end()
    return found if at == len(text) else {}


@invariant("AUTH-08", source="RFC 6750, section 3.1", level=SHOULD, applies=takes_tokens, when=is_unauthorized)
def bearers_are_told_what_was_wrong(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A Bearer challenge says invalid_token to whoever brought a token, and names no error to whoever brought nothing."""
    sent, challenge = exchange.request_header("authorization"), challenges(exchange).get("bearer")
    if challenge is None or (sent is not None and not BEARER.fullmatch(sent)):  # what is malformed is neither
        return
    said, expected = SAID.search(challenge), "invalid_token" if sent else None
    if (said and said[1]) != expected:
        raise Violation(f"401 with {challenge or 'no parameters'}", expected=f"error {expected or 'left out'}")


@refusals_name_a_scheme.broken_at(401)
def refused_without_a_word(request: Request, answer: Answer) -> None:
    """401 comes with nothing in WWW-Authenticate."""
    answer.headers["www-authenticate"] = ""


@refusals_name_a_scheme.broken_at(401)
def parameters_without_a_scheme(request: Request, answer: Answer) -> None:
    """The challenge is the realm alone."""
    answer.headers["www-authenticate"] = 'realm="bookplate"'


@bearers_are_told_what_was_wrong.broken_at(401)
def whoever_brings_nothing_brought_a_bad_token(request: Request, answer: Answer) -> None:
    """Every challenge says invalid_token."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate", error="invalid_token"'


@bearers_are_told_what_was_wrong.broken_at(401)
def bad_tokens_are_not_told(request: Request, answer: Answer) -> None:
    """No challenge says what was wrong."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate"'
