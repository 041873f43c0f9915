"""Every error this service answers, and the only builder of error content (RFC 9457)."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import ClassVar

import orjson

# RFC 9110 renamed these after the standard library's phrases were frozen.
PHRASES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
MOST_FAULTS = 20
REALM = 'Bearer realm="bookplate"'

Fault = dict[str, str]
Rendered = tuple[int, list[tuple[str, str]], bytes]


def fault(pointer: str, code: str, detail: str) -> Fault:
    """Describe one mistake: where (a JSON pointer), what for programs, what for people."""
    return {"pointer": pointer[:300], "code": code, "detail": detail[:300]}


class Problem(Exception):
    """An answer that is an error."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    detail: ClassVar[str] = "Something went wrong here; the request id finds it in the log."
    challenge: ClassVar[str | None] = None

    def __init__(
        self, detail: str | None = None, *, faults: Iterable[Fault] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail or self.detail)
        self.faults = list(faults)[:MOST_FAULTS]
        self.retry_after = retry_after

    def headers(self) -> list[tuple[str, str]]:
        """List the fields that belong to this error."""
        headers = [("WWW-Authenticate", self.challenge)] if self.challenge else []
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        return headers


def render(problem: Problem, request_id: str) -> Rendered:
    """Build status, headers and content of a problem."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": PHRASES.get(problem.status) or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": str(problem)[:500],
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.faults:
        content["errors"] = problem.faults
    if isinstance(problem, RateLimited):
        content["retry_after"] = problem.retry_after
    body = orjson.dumps(content)
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), *problem.headers()]
    return problem.status, headers, body


class InvalidParameter(Problem):
    """A parameter breaks its schema or is unknown."""

    status, code = 400, "invalid_parameter"
    detail = "The request has a parameter that cannot be read: see errors."


class InvalidCursor(Problem):
    """The cursor is not one that this service gave out for this walk."""

    status, code = 400, "invalid_cursor"
    detail = "The cursor was not made for this walk: use next_cursor as it came, with the same filters."


class MalformedContent(Problem):
    """The content is no JSON text."""

    status, code = 400, "malformed_content"
    detail = "The content is not a JSON text in UTF-8."


class InvalidPrecondition(Problem):
    """If-Match does not follow its grammar."""

    status, code = 400, "invalid_precondition"
    detail = 'If-Match must be an ETag as it was received, such as "7-1" with its quotes.'


class MissingToken(Problem):
    """The operation needs a token and none came."""

    status, code, challenge = 401, "missing_token", REALM
    detail = "Send an access token: Authorization: Bearer TOKEN."


class InvalidToken(Problem):
    """The token is malformed, forged, expired or ended."""

    status, code, challenge = 401, "invalid_token", REALM + ', error="invalid_token"'
    detail = "The access token is malformed, expired or ended: log in, or refresh it."


class InvalidCredentials(Problem):
    """Nobody has this identifier and this secret."""

    status, code, challenge = 401, "invalid_credentials", REALM
    detail = "There is no account with this email and password."


class InvalidRefreshToken(Problem):
    """The refresh token is unknown, spent or expired."""

    status, code, challenge = 401, "invalid_refresh_token", REALM
    detail = "The refresh token is unknown, spent or expired: log in again."


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status, code, detail = 403, "forbidden", "This caller may not do this."


class NotFound(Problem):
    """There is nothing here, or nothing this caller may know of."""

    status, code, detail = 404, "not_found", "There is nothing at this address."


class MethodNotAllowed(Problem):
    """The path exists and does not take this method."""

    status, code, detail = (405, "method_not_allowed", "This path does not take this method: see Allow.")

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow

    def headers(self) -> list[tuple[str, str]]:
        """Add the methods the path takes (RFC 9110, section 15.5.6)."""
        return [("Allow", self.allow)]


class Conflict(Problem):
    """A unique value is taken."""

    status, code, detail = (409, "conflict", "A value that must be unique is taken: see errors.")


class KeyInFlight(Problem):
    """A request with this idempotency key is still being answered."""

    status, code = 409, "idempotency_key_in_flight"
    detail = "The first request with this Idempotency-Key is still being answered: try again."


class KeyReused(Problem):
    """An idempotency key came with other content."""

    status, code = 422, "idempotency_key_reused"
    detail = "This Idempotency-Key was used with other content: take a new key."


class PreconditionFailed(Problem):
    """The object is not as the caller saw it last."""

    status, code = 412, "precondition_failed"
    detail = "The object has changed since: read it again and repeat with its new ETag."


class ContentTooLarge(Problem):
    """The content exceeds what the service reads."""

    status, code, detail = (413, "content_too_large", "The content is larger than this service reads.")


class UriTooLong(Problem):
    """The request target exceeds what the service reads."""

    status, code, detail = (414, "uri_too_long", "The request target is longer than this service reads.")


class UnsupportedMediaType(Problem):
    """The content has a type the operation does not take."""

    status, code, detail = (415, "unsupported_media_type", "The content has a type that this operation does not take.")


class InvalidContent(Problem):
    """The content is JSON and breaks the schema or a rule."""

    status, code, detail = (422, "invalid_content", "The content breaks a rule: see errors.")


class PreconditionRequired(Problem):
    """The operation needs If-Match."""

    status, code, detail = (428, "precondition_required", "Send If-Match with the ETag that you saw last.")


class RateLimited(Problem):
    """A limit is reached."""

    status, code, detail = (429, "rate_limited", "A limit is reached: wait as Retry-After says.")


class HeadersTooLarge(Problem):
    """The header section exceeds what the service reads."""

    status, code, detail = (431, "headers_too_large", "The header section is larger than this service reads.")


class NotBuilt(Problem):
    """The contract names an operation that has no handler yet."""

    status, code, detail = (501, "not_implemented", "This operation is in the contract and not yet in this service.")


class Unavailable(Problem):
    """Something this service stands on cannot be reached."""

    status, code, detail = (503, "unavailable", "The service cannot answer now: try again as Retry-After says.")

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, retry_after=5)


class OutcomeUnknown(Unavailable):
    """The connection was lost, or the time was over, while a change was being committed."""

    detail = "It is not known whether the change was made: look before you send it again."
