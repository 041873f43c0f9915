"""Operations on the service itself."""

from typing import Any

from ..backends.cache import AnswerCache
from ..backends.transactions import Store
from ..handler_marks import needs_no_thread, refused_while_stopping
from . import service


@refused_while_stopping
def get_health(health: service.Health) -> dict[str, Any]:
    """Tell whether the service can work."""
    return health.look()


def clear_cache(cache: AnswerCache, store: Store) -> None:
    """Clear the service's own cache."""
    service.clear_cache(cache, store)


@needs_no_thread
def get_liveness() -> dict[str, Any]:
    """Tell whether the process answers."""
    return {"status": "ok"}
