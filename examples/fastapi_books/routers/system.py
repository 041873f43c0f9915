"""The service itself."""

from fastapi import APIRouter, Request
from sqlalchemy import text

from ..cache import Cache
from ..guards import GUARDS
from ..route import ContractRoute
from ..shapes import Health, Liveness
from ..store import Storage

router = APIRouter(tags=["system"], route_class=ContractRoute, dependencies=GUARDS)


@router.post("/admin/cache/clear", status_code=204)
def clear_cache(request: Request) -> None:
    """Clear the service's own cache."""
    cache: Cache = request.app.state.cache
    cache.clear()


@router.get("/health")
def get_health(store: Storage) -> Health:
    """Tell whether the service can work; limiter and cache are in its own memory."""
    with store.reading() as database:
        database.execute(text("SELECT 1"))
    return {"status": "ok", "components": {"database": "ok", "limiter": "ok", "cache": "ok"}}


@router.get("/health/live")
async def get_liveness() -> Liveness:
    """Tell whether the process answers."""
    return {"status": "ok"}
