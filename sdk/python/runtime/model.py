"""Models: what answers are made of."""

import httpx


class Model:
    """What an answer was read into. It remembers the answer, and with it the ETag of what was read."""

    __slots__ = ("_last_response",)

    @property
    def last_response(self) -> httpx.Response | None:
        """The answer that this came with: its status, its header fields and its bytes. None for what is a part of it."""
        return getattr(self, "_last_response", None)


def remember(content: object, response: httpx.Response) -> None:
    """Let a model know the answer that it came with."""
    if isinstance(content, Model):
        object.__setattr__(content, "_last_response", response)


def field_of(model: Model, name: str, operation: str) -> str:
    """Return a header field that a model came with. Raises ValueError where it came with none, as a part of a list."""
    response = model.last_response
    if response is None or name not in response.headers:
        named = f"{operation}: this {type(model).__name__}"
        raise ValueError(f"{named} came without {name}, as a part of a list does: read it by itself first")
    return response.headers[name]
