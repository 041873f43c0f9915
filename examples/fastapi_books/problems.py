"""Every error that this service answers (RFC 9457)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from fastapi.responses import JSONResponse

CHALLENGE = 'Bearer realm="bookplate"'
RENAMED = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
MOST_FAULTS = 20
KINDS: dict[str, tuple[int, str]] = {
    "invalid_parameter": (400, "The request has a parameter that cannot be read: see errors."),
    "invalid_cursor": (400, "The cursor was not made for this walk: send next_cursor as it came, with its filters."),
    "malformed_content": (
        400,
        "The content is no JSON text in UTF-8, or holds a member twice, NUL or a lone surrogate.",
    ),
    "invalid_precondition": (400, "If-Match must be an ETag as it was received, with its quotes."),
    "missing_token": (401, "Send an access token: Authorization: Bearer TOKEN."),
    "invalid_token": (401, "The access token is malformed, expired or ended: refresh it, or log in."),
    "invalid_credentials": (401, "There is no account with this email and password."),
    "invalid_refresh_token": (401, "The refresh token is unknown, spent or expired: log in."),
    "forbidden": (403, "This caller may not do this."),
    "not_found": (404, "There is nothing at this address."),
    "method_not_allowed": (405, "This path does not take this method: see Allow."),
    "conflict": (409, "A value that must be unique is taken."),
    "idempotency_key_in_flight": (409, "The first request with this Idempotency-Key is being answered: try again."),
    "precondition_failed": (412, "The object has changed: read it again and repeat with its new ETag."),
    "content_too_large": (413, "The content is larger than this service reads."),
    "uri_too_long": (414, "The request target is longer than this service reads."),
    "unsupported_media_type": (415, "The content has a type that this operation does not take."),
    "invalid_content": (422, "The content breaks its schema or a rule: see errors."),
    "idempotency_key_reused": (422, "This Idempotency-Key was used with other content: take a new key."),
    "precondition_required": (428, "Send If-Match with the ETag that you saw last."),
    "rate_limited": (429, "A limit is reached: wait as Retry-After says."),
    "headers_too_large": (431, "The header section is larger than this service reads."),
    "internal_error": (500, "Something went wrong here; the log knows it by the request id."),
    "unavailable": (503, "The service cannot answer now: try again as Retry-After says."),
}


class Problem(Exception):
    """An error by its code; `faults` say where, with JSON pointers, and what."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        faults: Iterable[dict[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, told = KINDS[code]
        self.code, self.detail = code, detail or told
        self.faults = list(faults)[:MOST_FAULTS]
        self.headers = dict(headers or {})
        super().__init__(self.detail)
        if self.status == HTTPStatus.UNAUTHORIZED:
            error = ', error="invalid_token"' if code == "invalid_token" else ""
            self.headers["WWW-Authenticate"] = CHALLENGE + error


def fault(pointer: str, code: str, detail: str) -> dict[str, str]:
    """Describe one mistake."""
    return {"pointer": pointer[:300], "code": code, "detail": detail[:300]}


def pointer_to(*parts: object) -> str:
    """Write a JSON pointer (RFC 6901, section 3)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class ProblemResponse(JSONResponse):
    """A problem on its way out."""

    media_type = "application/problem+json"

    def __init__(self, problem: Problem, request_id: str) -> None:
        content: dict[str, object] = {
            "type": "about:blank",
            "title": RENAMED.get(problem.status) or HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail[:500],
            "code": problem.code,
            "request_id": request_id,
        }
        if problem.faults:
            content["errors"] = problem.faults
        if problem.code == "rate_limited":
            content["retry_after"] = int(problem.headers["Retry-After"])
        super().__init__(content, problem.status, {"Cache-Control": "no-store", **problem.headers})
