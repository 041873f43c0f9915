"""AUTH-02: a 401 says how to authenticate."""

from bookplate import NotExercised, Severity, expect, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange, missing_header

from ._shared import challenges, is_unauthorized, repeated_parameters


def may_refuse(operation: Operation) -> bool:
    return operation.challenged and (operation.secured or operation.answers_with(401))


@invariant(
    "AUTH-02", source="RFC 9110, section 11.6.1", applies=may_refuse, when=is_unauthorized, severity=Severity.CONTRACT
)
def unauthorized_names_a_scheme(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    A 401 carries a WWW-Authenticate field that can be parsed and names a security scheme of the document.

    A challenge has each parameter once (RFC 9110, section 11.2; RFC 6750, section 3).

    A document with an API key is left out: a key in a header of its own has no HTTP scheme that a challenge could name.
    Any scheme does where the document asks for no credentials at the operation, or declares no scheme: what is asked for
    elsewhere is no promise for this answer.

    Why it matters: HTTP clients and libraries choose how to authenticate from this field. Without it they
    report an error where they could have asked for credentials or renewed a token.

    To mend it: write the challenge where the 401 is made, also for errors of a gateway or a router:
    `WWW-Authenticate: Bearer realm="..."`. Begin it with a scheme that the document names, and name each of its
    parameters once.
    """
    if not document.security.has_challenges:
        raise NotExercised("the document has no scheme of HTTP that a challenge could name")
    declared = [scheme for scheme in document.security_schemes.values() if scheme.is_declared]
    schemes = {scheme.scheme: None for scheme in declared} if operation is None or operation.secured else {}

    found = challenges(exchange)
    named = found.keys()

    expect.that(
        bool(named & schemes.keys() if schemes else named),
        f"401 with WWW-Authenticate: {exchange.header('www-authenticate') or 'none'}",
        expected=f"a challenge of scheme {' or '.join(schemes)}" if schemes else "a challenge",
        shown=[exchange],
        defect="" if exchange.header("www-authenticate") else missing_header("WWW-Authenticate"),
    )
    twice = [name for parameters in found.values() for name in repeated_parameters(parameters)]
    expect.that(
        not twice,
        f"401 with WWW-Authenticate: {exchange.header('www-authenticate') or 'none'}",
        expected=f"{', '.join(twice)} once",
        shown=[exchange],
    )


@fault(unauthorized_names_a_scheme, statuses=(401,))
def challenge_is_empty(request: Request, answer: Answer) -> None:
    """WWW-Authenticate of a 401 is empty."""
    answer.headers["www-authenticate"] = ""


@fault(unauthorized_names_a_scheme, statuses=(401,))
def challenge_has_no_scheme(request: Request, answer: Answer) -> None:
    """The challenge is a realm without a scheme."""
    answer.headers["www-authenticate"] = 'realm="bookplate"'


@fault(unauthorized_names_a_scheme, statuses=(401,))
def realm_stands_twice(request: Request, answer: Answer) -> None:
    """The challenge has two realms."""
    answer.headers["www-authenticate"] = 'Bearer realm="bookplate", Realm="books"'
