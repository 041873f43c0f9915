"""What the service reads at most."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from .. import current
from ..problems import ContentTooLarge, HeadersTooLarge, MalformedContent, UriTooLong

PATIENCE = 20


class Sizes:
    """Refuses what is too large before anything reads it, and reads the content of the rest."""

    def __init__(self, app: ASGIApp, sizes: dict[str, int]) -> None:
        self.app = app
        self.target, self.headers, self.content = (sizes["target"], sizes["headers"], sizes["content"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            self._check_head(scope)
            current.request.get().content = await self._read(scope, receive)
        await self.app(scope, receive, send)

    def _check_head(self, scope: Scope) -> None:
        query = scope["query_string"]
        if len(scope["raw_path"]) + bool(query) + len(query) > self.target:
            raise UriTooLong()
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > self.headers:
            raise HeadersTooLarge()

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        framing = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
        if not framing:
            return b""
        if framing.get(b"content-length", b"0").isdigit() and int(framing.get(b"content-length", b"0")) > self.content:
            raise ContentTooLarge()
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._collect(receive)
        except TimeoutError:
            raise MalformedContent(f"The content did not arrive within {PATIENCE} seconds.") from None

    async def _collect(self, receive: Receive) -> bytes:
        content = bytearray()
        while True:
            message = await receive()
            content += message.get("body", b"")
            if len(content) > self.content:
                raise ContentTooLarge()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return bytes(content)
