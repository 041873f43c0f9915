"""Operations on the service itself."""

from typing import Any

from ..backends.workers import needs_no_thread
from ..process.stopping import refused_while_stopping
from ..services import Services
from . import service


@refused_while_stopping
def get_health(services: Services) -> dict[str, Any]:
    """Tell whether the service can work."""
    return service.health(services)


def clear_cache(services: Services) -> None:
    """Clear the service's own cache."""
    service.clear_cache(services.cache)


@needs_no_thread
def get_liveness() -> dict[str, Any]:
    """Tell whether the process answers."""
    return {"status": "ok"}
