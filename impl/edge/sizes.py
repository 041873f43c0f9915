"""What the service reads at most."""

import asyncio

from ..problems import ContentTooLarge, HeadersTooLarge, MalformedContent, UriTooLong
from ..representation.answer import Answer
from ..request_context import RequestContext
from .asgi import Inner

PATIENCE = 20
# As many as other servers take; no browser behind any proxy sends half of them.
MOST_FIELDS = 100
FRAMING = (b"content-length", b"transfer-encoding")


class Sizes:
    """Refuses what is too large before anything reads it, and reads the content of the rest."""

    def __init__(self, limits: dict[str, int]) -> None:
        self.target, self.headers, self.content = (limits["target"], limits["headers"], limits["content"])

    async def read_content(self, request: RequestContext, inner: Inner) -> Answer:
        """
        Read the content of a request that is not too large.

        Raises UriTooLong, HeadersTooLarge, ContentTooLarge or MalformedContent.
        """
        self._check_head(request)
        if any(name in FRAMING for name, _ in request.fields):
            request.content = await self._read(request)
        return await inner(request)

    def _check_head(self, request: RequestContext) -> None:
        if request.target_size > self.target:
            raise UriTooLong()
        size = sum(len(name) + len(value) + 4 for name, value in request.fields)
        if size > self.headers or len(request.fields) > MOST_FIELDS:
            raise HeadersTooLarge()

    async def _read(self, request: RequestContext) -> bytes:
        framing = {name: value for name, value in request.fields if name in FRAMING}
        try:
            async with asyncio.timeout(PATIENCE):
                content = await self._collect(request, framing)
        except TimeoutError:
            raise MalformedContent(f"The content did not arrive within {PATIENCE} seconds.") from None
        if len(framing) > 1:
            # Read to its end before it is refused: a connection that closes with bytes unread may swallow the answer.
            raise MalformedContent("The request has both Content-Length and Transfer-Encoding: send one of them.")
        return content

    async def _collect(self, request: RequestContext, framing: dict[bytes, bytes]) -> bytes:
        length = framing.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.content:
            raise ContentTooLarge()
        content = bytearray()
        while True:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                # What came is no content: the rest of it could mean anything (RFC 9112, section 8).
                raise MalformedContent("The content did not arrive whole.")
            content += message.get("body", b"")
            if len(content) > self.content:
                raise ContentTooLarge()
            if not message.get("more_body"):
                return bytes(content)
