"""The route that all path operations use: content is read strictly, and answers get the headers they are promised."""

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from .conditions import is_copy, tag_of
from .contract import Operation, contract
from .problems import Problem, fault, pointer_to

UNREADABLE = re.compile("[\x00\ud800-\udfff]")


class StrictRequest(Request):
    """A request whose JSON is read strictly; what cannot be read is told after the parameters have been judged."""

    async def json(self) -> Any:
        """Return the content; None, which no model takes, if it cannot be read."""
        try:
            return parse_json(await self.body())
        except (ValueError, RecursionError):
            self.state.is_unreadable = True
            return None


class ContractRoute(APIRoute):
    """A path operation of the document, by its name."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap what FastAPI makes of the function."""
        handle, operation = super().get_route_handler(), contract.operations[self.name]

        async def answer(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            return finished(operation, strict, await handle(strict))

        return answer


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON text as RFC 8259 and I-JSON (RFC 7493) define it, or raise ValueError."""
    value = json.loads(content.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refused)
    if b"\\u" in content and any(UNREADABLE.search(text) for text in _texts(value)):
        raise ValueError("NUL or a lone surrogate")
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    members = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for member in members:
        yield from _texts(member)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(value := dict(pairs)) != len(pairs):
        raise ValueError("a member stands twice")
    return value


def _refused(constant: str) -> None:
    raise ValueError(constant)


def finished(operation: Operation, request: Request, response: Response) -> Response:
    """Add what the document promises for this answer, or say that the caller's copy is still good."""
    declared = operation.headers[response.status_code]
    if not response.body:
        # FastAPI names the type of content even where there is none.
        del response.headers["Content-Type"]
    response.headers.update({name: value for name, value in declared.items() if value})
    if "ETag" in declared:
        response.headers["ETag"] = tag_of(bytes(response.body))
        condition = ", ".join(request.headers.getlist("if-none-match"))
        if condition and operation.method == "GET" and is_copy(condition, response.headers["ETag"]):
            kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
            return Response(status_code=304, headers=kept)
    return response


def as_problem(error: RequestValidationError, request: Request) -> Problem:
    """Turn what pydantic found into the problem that comes first: parameters, then syntax, then the schema."""
    found = [(each["loc"], each["type"], each["msg"]) for each in error.errors()]
    if faults := [fault(pointer_to(*loc), *told) for loc, *told in found if loc[0] != "body"]:
        return Problem("invalid_parameter", faults=faults)
    if not request.state.content or hasattr(request.state, "is_unreadable"):
        return Problem("malformed_content", faults=[fault("", "malformed", "Send one JSON text, in UTF-8.")])
    return Problem("invalid_content", faults=[fault(pointer_to(*loc[1:]), *told) for loc, *told in found])
