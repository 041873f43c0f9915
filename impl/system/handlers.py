"""Operations on the service itself."""

from typing import Any

from ..parts import Parts
from ..problems import Unavailable
from ..workers import needs_no_thread
from . import service


def get_health(parts: Parts, is_stopping: bool) -> dict[str, Any]:
    """
    Tell whether the service can work.

    Raises Unavailable from the moment on in which the server is asked to stop.
    """
    if is_stopping:
        raise Unavailable("The service is stopping: ask another instance.")
    return service.health(parts)


def clear_cache(parts: Parts) -> None:
    """Clear the service's own cache."""
    service.clear_cache(parts.cache)


@needs_no_thread
def get_liveness() -> dict[str, Any]:
    """Tell whether the process answers."""
    return {"status": "ok"}
