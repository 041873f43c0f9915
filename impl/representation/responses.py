"""From what a handler returns to the answer that the document promises for it."""

from functools import lru_cache
from typing import Any

from flask import Response

from ..contract.contract import Operation
from .content import to_bytes
from .preconditions import strong_tag

Result = Any


def respond(operation: Operation, result: Result) -> Response:
    """
    Build the response: `content`, `(content, status)` or `(content, status, headers)`.

    Content-Type, ETag, Link and every header that the document fixes to one value are set here and nowhere else.
    """
    content, status, headers = _unpacked(operation, result)
    body = b"" if content is None else to_bytes(content)
    declared, fixed, media_type = _promised(operation, status)
    response = Response(body, status, headers | fixed)
    if content is None:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = media_type
    if "ETag" in declared:
        response.headers["ETag"] = strong_tag(body)
    if "Link" in declared:
        response.headers["Link"] = ", ".join(f'<{url}>; rel="{name}"' for name, url in content["links"].items() if url)
    return response


def _unpacked(operation: Operation, result: Result) -> tuple[Any, int, dict[str, str]]:
    if not isinstance(result, tuple):
        return result, operation.success, {}
    content, status, *rest = result
    return content, status, rest[0] if rest else {}


@lru_cache(maxsize=1000)
def _promised(operation: Operation, status: int) -> tuple[frozenset[str], dict[str, str], str]:
    response = operation.response(status)
    headers = {name: operation.contract.resolve(raw) for name, raw in response.get("headers", {}).items()}
    fixed = {name: raw["schema"]["enum"][0] for name, raw in headers.items() if len(raw["schema"].get("enum", [])) == 1}
    return (frozenset(headers), fixed, next(iter(response.get("content", {})), "application/json"))
