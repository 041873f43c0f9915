"""Cross-origin requests (Fetch standard): origins are the deployment's, methods and fields are the document's."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..policy import Contract
from ..settings import Settings

SAFELISTED = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}


class Cors:
    """Answers preflights, and tells browsers which origins may read the answers, errors included."""

    def __init__(self, app: ASGIApp, settings: Settings, contract: Contract) -> None:
        self.app = app
        self.origins = frozenset(settings.cors_origins) - {"null"}
        self.credentials = settings.cors_credentials
        self.methods = sorted({operation.method for operation in contract.operations.values()} | {"HEAD"})
        self.request_fields = _request_fields(contract)
        self.exposed = ", ".join(_response_fields(contract))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        grants = self._grants(headers.get(b"origin", ""))
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers and b"origin" in headers:
            if grants:
                grants |= self._preflight(headers[b"access-control-request-method"])
            return await _no_content(send, grants)

        async def send_with_grants(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_raw(grants | {"Vary": "Origin"})]
            await send(message)

        await self.app(scope, receive, send_with_grants)

    def _grants(self, origin: str) -> dict[str, str]:
        if origin not in self.origins and not ("*" in self.origins and origin not in ("", "null")):
            return {}
        anyone = "*" in self.origins and not self.credentials
        grants = {
            "Access-Control-Allow-Origin": "*" if anyone else origin,
            "Access-Control-Expose-Headers": self.exposed,
        }
        return grants | ({"Access-Control-Allow-Credentials": "true"} if self.credentials else {})

    def _preflight(self, method: str) -> dict[str, str]:
        if method not in self.methods:
            return {}
        return {
            "Access-Control-Allow-Methods": ", ".join(self.methods),
            "Access-Control-Allow-Headers": ", ".join(self.request_fields),
            "Access-Control-Max-Age": "600",
        }


def _request_fields(contract: Contract) -> list[str]:
    declared = {
        parameter["name"]
        for operation in contract.operations.values()
        for parameter in operation.parameters
        if parameter["in"] == "header"
    }
    return sorted(declared | {"Authorization", "Content-Type", "Cache-Control", "X-Request-Id"})


def _response_fields(contract: Contract) -> list[str]:
    declared = {
        name
        for operation in contract.operations.values()
        for status in operation.raw["responses"]
        for name in operation.response(int(status)).get("headers", {})
    }
    return sorted(name for name in declared if name.lower() not in SAFELISTED)


async def _no_content(send: Send, headers: dict[str, str]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": _raw(headers | {"Vary": "Origin"})})
    await send({"type": "http.response.body", "body": b""})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
