"""AUTH-02: unauthorized names a scheme."""

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Exchange

from ._shared import challenges, is_unauthorized


def may_refuse(operation: Operation) -> bool:
    return operation.secured or operation.documents(401)


@invariant("AUTH-02", source="RFC 9110, section 11.6.1", applies=may_refuse, when=is_unauthorized)
def unauthorized_names_a_scheme(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A 401 has a WWW-Authenticate that can be parsed and names a scheme by which the document lets people in."""
    schemes = {each.scheme: each.type for each in document.security_schemes.values()}
    # A key in a header of its own has no scheme of HTTP that a challenge could name.
    if schemes and "apiKey" not in schemes.values() and not schemes.keys() & challenges(exchange).keys():
        observed = f"401 with WWW-Authenticate {exchange.header('www-authenticate')}"
        raise Violation(observed, expected=f"a challenge of scheme {' or '.join(schemes)}")


@fault(unauthorized_names_a_scheme, statuses=(401,))
def refused_without_a_word(request: Request, answer: Answer) -> None:
    """401 comes with nothing in WWW-Authenticate."""
    answer.headers["www-authenticate"] = ""


@fault(unauthorized_names_a_scheme, statuses=(401,))
def parameters_without_a_scheme(request: Request, answer: Answer) -> None:
    """The challenge is the realm alone."""
    answer.headers["www-authenticate"] = 'realm="bookplate"'
