"""Findings of schemathesis that neither the document nor a standard supports, with what the standard says."""

from typing import Any

from schemathesis.core.failures import Failure, ServerError
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    IgnoredAuth,
    MissingHeaderNotRejected,
    UnsupportedMethodResponse,
)

TOO_MANY_REQUESTS = 429
NOT_IMPLEMENTED = 501


def is_conformant(failure: Failure, response: Any, documented_method: str) -> bool:
    """Tell whether a standard allows what a check has found in the answer to a request."""
    status: int = response.status_code
    is_other_method = response.request.method != documented_method.upper()
    if isinstance(failure, UnsupportedMethodResponse) and failure.failure_reason == "wrong_status":
        # RFC 9110, section 9.1: 405 and 501 are what a server SHOULD answer. A router may as well find nothing there.
        return is_refusal(status)
    if isinstance(failure, AllowHeaderMismatch):
        # RFC 9110, section 10.2.1: Allow names what the resource supports; a document need not have all of it.
        return not failure.missing_methods
    if isinstance(failure, IgnoredAuth | MissingHeaderNotRejected):
        # RFC 6585, section 4: a limit may refuse before anything of the request is looked at, which opens nothing.
        return status == TOO_MANY_REQUESTS
    if isinstance(failure, ServerError):
        # RFC 9110, section 15.6.2: 501 is the right answer to a method that a server does not know.
        return is_other_method and status == NOT_IMPLEMENTED
    return False


def is_refusal(status: int) -> bool:
    return 400 <= status < 500 or status == NOT_IMPLEMENTED
