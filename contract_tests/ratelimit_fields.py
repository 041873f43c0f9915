"""What RateLimit and RateLimit-Policy say, and where they are promised (draft-ietf-httpapi-ratelimit-headers-11)."""

from typing import Any

from http_sf import parse

from .exchange import Exchange
from .operation import Operation


def promises(operation: Operation, status: object, header: str = "ratelimit") -> bool:
    """Tell whether answers of this status are documented to carry RateLimit, or RateLimit-Policy."""
    return header in map(str.lower, operation.responses.get(str(status), {}).get("headers", {}))


def announced(answer: Exchange, header: str = "ratelimit") -> dict[str, dict[str, Any]]:
    """Return the parameters of each policy that RateLimit or RateLimit-Policy names; nothing where it is no list."""
    text = ", ".join(value for name, value in answer.headers if name == header)
    try:
        found: Any = parse(text.encode("latin-1"), tltype="list")
        return {name: dict(parameters) for name, parameters in found}
    except (ValueError, TypeError):
        return {}
