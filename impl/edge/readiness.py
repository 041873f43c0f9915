"""No request is answered from tables that are not those of this code."""

from collections.abc import Callable

from .. import current
from ..revisions import SchemaCheck


def refusing_other_tables(schema: SchemaCheck) -> Callable[[], None]:
    """Make the function that Flask runs before each handler; it raises Unavailable."""

    def check() -> None:
        operation = current.request.get().operation
        # Liveness asks no database, and readiness looks for itself each time.
        if operation is not None and "health" not in operation.raw["tags"]:
            schema.require_once_current()

    return check
