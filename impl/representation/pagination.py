"""Pages: the envelope of a list and its links."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Here:
    """The address of the request as the client sees it: its path, the base path, and the query in canonical form."""

    path: str
    base_path: str
    query: dict[str, Any]

    def with_query(self, **changes: Any) -> str:
        """Return this path with a changed query, relative to the host."""
        given = {name: value for name, value in (self.query | changes).items() if value is not None}
        return f"{self.path}?{urlencode(given)}"


def envelope(items: list[Any], total: int, page: int, per_page: int, here: Here) -> dict[str, Any]:
    """Wrap the items of a page; before a page beyond the last stands the last."""
    last = max(1, -(-total // per_page))
    following = page + 1 if page < last else None
    before = min(page - 1, last) if page > 1 else None

    def link(number: int | None) -> str | None:
        return here.with_query(page=number, per_page=per_page) if number else None

    return {
        "items": items,
        "pagination": {
            "page": page,
            "per_page": per_page,
            "total_items": total,
            "total_pages": -(-total // per_page),
            "has_next": following is not None,
            "has_prev": before is not None,
            "next_page": following,
            "prev_page": before,
        },
        "links": {
            "self": link(page),
            "first": link(1),
            "last": link(last),
            "next": link(following),
            "prev": link(before),
        },
    }
