"""Errors: an answer that is no success, an answer that cannot be read, and no answer at all."""

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx


class ClientError(Exception):
    """Whatever a call can end with; catch it to catch everything."""


class TransportError(ClientError):
    """No answer came: the address is wrong, the connection broke, or the certificate is not trusted."""


class RequestTimeout(TransportError):
    """No answer came in time. Whether the service has done what it was asked is not known."""


class UnreadableAnswer(ClientError):
    """A success whose content is not what the contract says."""

    def __init__(self, response: httpx.Response, reason: str) -> None:
        super().__init__(f"{response.request.method} {response.request.url.path}: {response.status_code}, but {reason}")
        self.response = response


class ApiError(ClientError):
    """
    The service answered, and it is no success.

    `status` is the status, `problem` the content as it came (RFC 9457). `code` and `errors` are those members of it:
    what is wrong, for programs, and each fault. `request_id` is what the service calls the request, `retry_after` the
    seconds after which it is worth repeating. Each is None, or empty, where the answer does not say it.
    """

    def __init__(self, response: httpx.Response, request_id_field: str) -> None:
        self.response = response
        self.status = response.status_code
        self.problem = _content(response)
        code, faults = self.problem.get("code"), self.problem.get("errors")
        self.code = code if isinstance(code, str) else None
        self.errors: Sequence[Mapping[str, Any]] = faults if isinstance(faults, list) else ()
        self.request_id = response.headers.get(request_id_field)
        self.retry_after = _seconds(response.headers.get("Retry-After"))
        super().__init__(self._told())

    def _told(self) -> str:
        asked = f"{self.response.request.method} {self.response.request.url.path}"
        said = self.problem.get("detail") or self.problem.get("title") or self.response.reason_phrase
        named = " ".join(str(each) for each in (self.status, self.code) if each)
        traced = f" (request {self.request_id})" if self.request_id else ""
        return f"{asked}: {named}: {said}{traced}"


class NotModified(ApiError):
    """304: the copy that `if_none_match` names is current."""


class BadRequest(ApiError):
    """400"""


class Unauthorized(ApiError):
    """401"""


class Forbidden(ApiError):
    """403"""


class NotFound(ApiError):
    """404"""


class Conflict(ApiError):
    """409"""


class PreconditionFailed(ApiError):
    """412: the object has changed since it was read. Read it again and decide anew."""


class UnprocessableContent(ApiError):
    """422"""


class PreconditionRequired(ApiError):
    """428"""


class RateLimited(ApiError):
    """429, after all retries, or with a longer `retry_after` than the client waits."""


class ServerError(ApiError):
    """500 and all above."""


class UnexpectedStatus(ApiError):
    """A success or a redirect that the contract does not know."""


BY_STATUS: Mapping[int, type[ApiError]] = {
    304: NotModified,
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    422: UnprocessableContent,
    428: PreconditionRequired,
    429: RateLimited,
}


def error_of(response: httpx.Response, request_id_field: str) -> ApiError:
    """Return the error that an answer is; an unknown status from 400 on is one of its hundred."""
    kind = BY_STATUS.get(response.status_code)
    if kind is None:
        kind = ServerError if response.status_code >= 500 else ApiError
        kind = UnexpectedStatus if response.status_code < 400 else kind
    return kind(response, request_id_field)


def _content(response: httpx.Response) -> Mapping[str, Any]:
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(text: str | None) -> float | None:
    """Return what Retry-After says in seconds: a number, or a date (RFC 9110, section 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None
