"""CORS by the document: Starlette's middleware knows one list of origins and methods for the whole application."""

import os
from collections.abc import Mapping

from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .contract import Contract, Operation

SAFELISTED = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}


def origins_by_group(contract: Contract, environ: Mapping[str, str] = os.environ) -> dict[str, set[str]]:
    """Read the origins of each group: those of CORS_ORIGINS_NAME, or else of CORS_ORIGINS."""
    common = environ.get("CORS_ORIGINS", "")
    named = {group: f"CORS_ORIGINS_{group.upper().replace('-', '_')}" for group in contract.groups}
    return {group: {*environ.get(name, common).split(",")} - {"", "null"} for group, name in named.items()}


class Cors:
    """Answers preflights, and adds to all other answers which origin may read what of them."""

    def __init__(self, app: ASGIApp, contract: Contract, origins: dict[str, set[str]]) -> None:
        self.app = app
        self.contract = contract
        self.origins = origins
        answers = [headers for operation in contract.operations.values() for headers in operation.headers.values()]
        self.all_fields = readable({"Allow", *(name for headers in answers for name in headers)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers, operations = Headers(scope=scope), self.contract.on_path(scope["path"])
        origin, asked = headers.get("origin", ""), headers.get("access-control-request-method", "")
        if scope["method"] == "OPTIONS" and origin and asked:
            return await self.preflight(operations, origin, asked)(scope, receive, send)
        granted = {"Vary": "Origin"} | self.reading(scope["method"], operations, origin)

        async def send_granted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(granted)
            await send(message)

        await self.app(scope, receive, send_granted)

    def preflight(self, operations: dict[str, Operation], origin: str, asked: str) -> Response:
        """Allow the methods of this path that the origin may call; say nothing where it may not call the one it asks for."""
        allowed = {method: each for method, each in operations.items() if self.admits(each.groups, origin)}
        if asked not in allowed:
            return Response(status_code=204, headers={"Vary": "Origin"})
        fields = {name for operation in allowed.values() for name in operation.request_fields}
        granted = {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": ", ".join(sorted(allowed)),
            "Access-Control-Allow-Headers": ", ".join(sorted(fields)),
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers=granted)

    def reading(self, method: str, operations: dict[str, Operation], origin: str) -> dict[str, str]:
        """Return what lets pages of an origin read an answer: of the operation, else of its path, else of anything."""
        fields = self.all_fields
        if method in operations:
            groups = operations[method].groups
            fields = readable({name for headers in operations[method].headers.values() for name in headers})
        elif operations:
            groups = {group for operation in operations.values() for group in operation.groups}
        else:
            groups = self.contract.root_groups
        if not self.admits(groups, origin):
            return {}
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": fields}

    def admits(self, groups: set[str], origin: str) -> bool:
        """Tell whether an origin belongs to one of these groups."""
        return any(origin in self.origins[group] for group in groups)


def readable(names: set[str]) -> str:
    """Return what is to be said of headers that scripts shall read, without those that they may read anyway."""
    return ", ".join(sorted(name for name in names if name.lower() not in SAFELISTED))
