"""What the service reads at most."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from .. import current
from ..problems import ContentTooLarge, HeadersTooLarge, MalformedContent, UriTooLong

PATIENCE = 20
# As many as other servers take; no browser behind any proxy sends half of them.
MOST_FIELDS = 100


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
        if current.request.get().target_size > self.target:
            raise UriTooLong()
        size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if size > self.headers or len(scope["headers"]) > MOST_FIELDS:
            raise HeadersTooLarge()

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        framing = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
        if not framing:
            return b""
        try:
            async with asyncio.timeout(PATIENCE):
                content = await self._collect(receive, framing)
        except TimeoutError:
            raise MalformedContent(f"The content did not arrive within {PATIENCE} seconds.") from None
        if len(framing) > 1:
            # Read to its end before it is refused: a connection that closes with bytes unread may swallow the answer.
            raise MalformedContent("The request has both Content-Length and Transfer-Encoding: send one of them.")
        return content

    async def _collect(self, receive: Receive, framing: dict[bytes, bytes]) -> bytes:
        length = framing.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.content:
            raise ContentTooLarge()
        content = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                # What came is no content: the rest of it could mean anything (RFC 9112, section 8).
                raise MalformedContent("The content did not arrive whole.")
            content += message.get("body", b"")
            if len(content) > self.content:
                raise ContentTooLarge()
            if not message.get("more_body"):
                return bytes(content)
