"""One row of the matrix: bytes that are sent, and what must come back."""

from dataclasses import dataclass

from ..wire import compose

TOKEN = "{token}"


@dataclass(frozen=True)
class Case:
    """A request with its name, and the answer that the contract promises; `{token}` stands for a good token."""

    name: str
    request: bytes
    status: int
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pointer: str | None = None

    def bytes_for(self, token: str) -> bytes:
        """Return the request with the token filled in."""
        return self.request.replace(TOKEN.encode(), token.encode())


def signed(method: str, target: str, *fields: str, body: bytes | None = None) -> bytes:
    """Write a request of somebody who is signed in."""
    return compose(method, target, f"Authorization: Bearer {TOKEN}", *fields, body=body)
