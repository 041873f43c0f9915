"""Findings of schemathesis that neither the document nor a standard supports, with what the standard says."""

import re
from collections.abc import Mapping
from typing import Any

from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    IgnoredAuth,
    JsonSchemaError,
    MissingHeaderNotRejected,
    RejectedPositiveData,
    UnsupportedMethodResponse,
    UseAfterFree,
)

from ..contract.operation import Operation

NOT_MODIFIED = 304
NOT_IMPLEMENTED = 501
SERVER_ERROR = 500
UNAVAILABLE = 503
# Refusals that may come before anything of a request is looked at: it took too long (408), something of it is too large
# (413, 414, 431), it may be a replay (425), there were too many (429), or there is nobody behind the gateway (502 to 504).
EARLY = (408, 413, 414, 425, 429, 431, 502, 503, 504)

# What such a refusal says nothing of, and what an undocumented redirect says nothing of.
REFUSED_EARLY = (UnsupportedMethodResponse, AllowHeaderMismatch, MissingHeaderNotRejected, RejectedPositiveData)
LED_ELSEWHERE = (
    *(UnsupportedMethodResponse, AllowHeaderMismatch, MissingHeaderNotRejected),
    *(AcceptedNegativeData, UseAfterFree),
)


def is_conformant(failure: Failure, response: Any, documented_method: str, operation: Operation | None = None) -> bool:
    """Tell whether a standard allows what a check has found in the answer to a request of an operation."""
    status: int = response.status_code
    if isinstance(failure, ServerError):
        # RFC 9110, section 15.6.2: 501 is the right answer to a method that a server does not know.
        is_other_method = response.request.method != documented_method.upper()
        is_unknown_method = is_other_method and status == NOT_IMPLEMENTED
        return is_unknown_method or is_said_to_be_lacking(status, operation) or is_announced_pause(response, operation)
    if isinstance(failure, RejectedPositiveData) and is_said_to_be_lacking(status, operation):
        return True
    return looked_at_nothing(failure, status, operation) or is_allowed(failure, status)


def looked_at_nothing(failure: Failure, status: int, operation: Operation | None) -> bool:
    """Tell whether something has answered that does not look at what a check is about."""
    # A limit, of sizes too, says nothing of a schema, a method or a header. A redirect has accepted and served nothing.
    is_early_refusal = isinstance(failure, REFUSED_EARLY) and is_early(status)
    return is_early_refusal or (isinstance(failure, LED_ELSEWHERE) and leads_elsewhere(status, operation))


def is_allowed(failure: Failure, status: int) -> bool:
    """Tell whether a standard allows a status, or what came with it, that a check does not expect."""
    if isinstance(failure, UnsupportedMethodResponse):
        # RFC 9110, section 9.1: 405 and 501 are what a server SHOULD answer. A router may as well find nothing there.
        return failure.failure_reason == "wrong_status" and is_refusal(status)
    if isinstance(failure, AllowHeaderMismatch):
        # RFC 9110, section 10.2.1: Allow names what the resource supports; a document need not have all of it.
        return not failure.missing_methods
    # Which refusal answers what is wrong with a request is another matter; what is refused was not accepted.
    return isinstance(failure, AcceptedNegativeData | MissingHeaderNotRejected) and 400 <= status < 500


def is_early(status: int) -> bool:
    """Tell whether a status may say nothing of the request itself."""
    return status in EARLY


def leads_elsewhere(status: int, operation: Operation | None) -> bool:
    """
    Tell whether an answer is a redirect that an operation does not document, such as one to a page for signing in.

    It neither serves nor refuses the request; that it is not documented is another matter.
    """
    is_redirect = 300 <= status < 400 and status != NOT_MODIFIED
    return is_redirect and not (operation is not None and operation.documents(status, "3XX"))


def is_said_to_be_lacking(status: int, operation: Operation | None) -> bool:
    """
    Tell whether an answer is a 501 that the operation documents by its number (RFC 9110, section 15.6.2).

    It says that the server lacks what the request needs, which is no crash, and the document has said that this may be so.
    """
    return status == NOT_IMPLEMENTED and operation is not None and operation.documents(NOT_IMPLEMENTED)


def is_announced_pause(response: Any, operation: Operation | None) -> bool:
    """Tell whether an answer is a documented 503 that says when to come back (RFC 9110, section 15.6.4)."""
    is_documented = operation is not None and operation.documents(UNAVAILABLE)
    return response.status_code == UNAVAILABLE and is_documented and bool(response.headers.get("retry-after"))


def is_asked_for(
    failure: Failure, status: int, sent: Mapping[str, Mapping[str, Any]], operation: Operation | None
) -> bool:
    """
    Tell whether a documented server error has the very number that its request names, as at `GET /echo/{status}`.

    The service has then done what it was asked for. `sent` has the parameters by place and name.
    """
    is_about_status = isinstance(failure, ServerError | RejectedPositiveData) and status >= SERVER_ERROR
    if not is_about_status or operation is None or not operation.documents(status):
        return False
    values = [value for place in ("path", "query") for value in (sent.get(place) or {}).values()]
    return any(str(status) in re.findall(r"\d+", str(value)) for value in values)


def is_about_a_file(failure: Failure, response: Any, operation: Operation | None) -> bool:
    """
    Tell whether a check has read the content of a file, and found that what stands in it is no text.

    `format: binary` is any content of a file (OpenAPI 3.0.3, section 4.7.24.2), of YAML or JSON too, as it is.
    """
    documented = (
        operation.response_to(response.status_code) if operation and isinstance(failure, JsonSchemaError) else None
    )
    media_type = "".join(response.headers.get("content-type", [])[:1]) or None
    media = documented.media_for(media_type) if documented else None
    return media is not None and media.schema is not None and media.schema.format == "binary"


def is_refusal(status: int) -> bool:
    return 400 <= status < 500 or status == NOT_IMPLEMENTED


def without_an_answer(failure: Failure, statuses: dict[str, int]) -> bool:
    """
    Tell whether a request without credentials was refused before anybody looked for them, which opens nothing.

    `statuses` are the answers of the scenario, by the id of their case: the check names the case that it made.
    """
    return isinstance(failure, IgnoredAuth) and is_early(statuses.get(failure.case_id or "", 0))


def has_opened_nothing(failure: Failure, statuses: dict[str, int], operation: Operation) -> bool:
    """
    Tell whether a request without valid credentials was refused, though not by 401, at an operation that documents none.

    400 says that what was shown is written as no credentials are (RFC 6750, section 3.1).
    """
    status = statuses.get(failure.case_id or "", 0)
    return isinstance(failure, IgnoredAuth) and 400 <= status < 500 and not operation.documents(401)
