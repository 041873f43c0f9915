"""Whether the service can work."""

from collections.abc import Callable

from sqlalchemy import text

from ..parts import Parts
from ..store import db


def health(parts: Parts) -> dict[str, object]:
    """Tell the state of each component; a database that cannot be reached or has other tables raises."""
    db.session.execute(text("SELECT 1"))
    parts.schema.require_current()
    aids = {"limiter": _state(parts.limits.is_reachable), "cache": _state(parts.cache.is_reachable)}
    status = "ok" if set(aids.values()) == {"ok"} else "degraded"
    return {"status": status, "components": {"database": "ok", **aids}}


def _state(is_reachable: Callable[[], bool]) -> str:
    # A fault of an aid is what this asks for, whatever its kind; it must not become a fault of the service.
    try:
        return "ok" if is_reachable() else "fault"
    except Exception:
        return "fault"
