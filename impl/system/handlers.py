"""Operations on the service itself."""

from typing import Any

from ..parts import Parts
from ..stopping import refused_while_stopping
from ..workers import needs_no_thread
from . import service


@refused_while_stopping
def get_health(parts: Parts) -> dict[str, Any]:
    """Tell whether the service can work."""
    return service.health(parts)


def clear_cache(parts: Parts) -> None:
    """Clear the service's own cache."""
    service.clear_cache(parts.cache)


@needs_no_thread
def get_liveness() -> dict[str, Any]:
    """Tell whether the process answers."""
    return {"status": "ok"}
