"""What comes in and what goes out."""

import json
from dataclasses import dataclass, field
from typing import Any

PHRASES = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass
class Request:
    """A request as it came: header fields by their names in lower case, each with all its values."""

    method: str
    target: str
    version: str
    fields: dict[str, list[str]]
    content: bytes
    address: str
    header_size: int = 0
    is_too_large: bool = False

    def field(self, name: str) -> str | None:
        """Return a field, its lines joined by commas (RFC 9110, section 5.3); None where there is none."""
        lines = self.fields.get(name)
        return None if lines is None else ", ".join(lines)


@dataclass
class Answer:
    """An answer: what stands in its header, and its content, if it has some."""

    status: int
    content: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, value: Any, **fields: str) -> "Answer":
        """Return an answer with a value as its JSON; fields are named with `_` for a hyphen."""
        named = {name.replace("_", "-"): text for name, text in fields.items()}
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), {"Content-Type": "application/json"} | named)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value: where it stands, and why."""

    pointer: str
    code: str
    detail: str


class Refused(Exception):
    """The request is refused: the status, the code of the problem, and what more its answer says."""

    def __init__(self, status: int, code: str, detail: str, *faults: Fault, **fields: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = faults
        self.fields = {name.replace("_", "-"): text for name, text in fields.items()}

    def answer(self, request_id: str) -> Answer:
        """Return the problem (RFC 9457)."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": PHRASES[self.status],
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        if self.faults:
            problem["errors"] = [vars(each) for each in self.faults[:20]]
        if "Retry-After" in self.fields:
            problem["retry_after"] = int(self.fields["Retry-After"])
        answer = Answer.of(self.status, problem, **self.fields)
        answer.fields["Content-Type"] = "application/problem+json"
        return answer
