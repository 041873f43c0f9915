"""AUTH-01: credentials are required."""

from bookplate import delegated, fault
from bookplate.contract import is_secured
from bookplate.faults import Request
from bookplate.laws import GeneratedRequests


@delegated(
    "AUTH-01", checks=("ignored_auth",), source="OpenAPI 3.0.3, security; RFC 9110, section 15.5.2", applies=is_secured
)
def test_credentials_are_required(generated_requests: GeneratedRequests) -> None:
    """An operation that declares security answers 401 to whoever brings no valid credential."""
    generated_requests.report()


@fault(test_credentials_are_required)
def nobody_is_asked(request: Request) -> None:
    """Who brings no token passes as whoever brought one last."""
    if "authorization" in request.headers:
        request.memory["last"] = request.headers["authorization"]
    elif "last" in request.memory:
        request.headers["authorization"] = request.memory["last"]
