"""What a report says of an exchange."""

from collections.abc import Callable
from typing import Any

from .exchange import Exchange
from .shape import shape_of

FIRST_ERROR = 400


def evidence_of(exchange: Exchange, redacted: Callable[[str], str] = str) -> dict[str, Any]:
    """
    Return what a report says of an exchange; `redacted` takes secrets out of a text.

    `operation` is the id of the operation that was called, None where that is none. `said` is what an error says, without
    what varies from one answer to the next.
    """
    return {
        "method": exchange.method,
        "url": redacted(exchange.url),
        "status": exchange.status,
        "operation": exchange.operation_id,
        "media_type": exchange.media_type,
        "said": redacted(shape_of(exchange)) if exchange.status >= FIRST_ERROR else "",
    }
