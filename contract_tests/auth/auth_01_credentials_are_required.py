"""AUTH-01: an operation with security refuses requests without credentials."""

from bookplate import delegated, fault
from bookplate.contract import is_secured
from bookplate.faults import Request
from bookplate.laws import GeneratedRequests


@delegated(
    "AUTH-01",
    checks=("ignored_auth",),
    source="OpenAPI 3.0.3, security; RFC 9110, section 15.5.2",
    owasp=("API2:2023",),
    applies=is_secured,
)
def test_credentials_are_required(generated_requests: GeneratedRequests) -> None:
    """
    An operation that declares security answers 401 to a request without valid credentials.

    Requests that succeeded are sent once more, without a token and with an invalid one.

    Why it matters: where the check is missing, anyone on the network reads and changes the data of every user.

    To mend it: check credentials in one place in front of all handlers, and let only the operations that the
    document leaves open pass without. Do not remember who called last on a connection, a thread or a global: ask
    the request alone. Answer 401, and not 403, 302 or an empty list.
    """
    generated_requests.report()


@fault(test_credentials_are_required)
def missing_token_is_replaced_by_the_last_one(request: Request) -> None:
    """A request without a token is treated as the last authenticated caller."""
    if "authorization" in request.headers:
        request.memory["last"] = request.headers["authorization"]
    elif "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
