"""Pages by their numbers, and walks by cursor."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, urlencode

from .books import Book
from .messages import Fault, Refused


def page(path: str, query: dict[str, Any], items: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """Return a page of all items, and its Link."""
    number, size = query["page"], query["per_page"]
    pages = -(-len(items) // size)
    following = number + 1 if number < pages else None
    before = min(number - 1, pages) or None

    def link(to: int | None) -> str | None:
        asked = {name: value for name, value in query.items() if value is not None} | {"page": to}
        return None if to is None else f"{path}?{urlencode(asked, quote_via=quote)}"

    links = {"self": link(number), "first": link(1), "last": link(max(pages, 1)), "next": link(following)}
    links["prev"] = link(before)
    told = {
        "page": number,
        "per_page": size,
        "total_items": len(items),
        "total_pages": pages,
        "has_next": following is not None,
        "has_prev": before is not None,
        "next_page": following,
        "prev_page": before,
    }
    shown = items[(number - 1) * size : number * size]
    field = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items() if address)
    return {"items": shown, "pagination": told, "links": links}, field


class Cursors:
    """Cursors: the id of the last book and the filters of the walk, signed."""

    def __init__(self, secret: str) -> None:
        self.key = hashlib.sha256(b"cursor:" + secret.encode()).digest()

    def write(self, last: int, filters: dict[str, Any]) -> str:
        told = base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")
        return f"{told}.{self.signature(told, filters)}"

    def signature(self, told: str, filters: dict[str, Any]) -> str:
        signed = json.dumps([told, filters], sort_keys=True).encode()
        return hmac.digest(self.key, signed, "sha256").hex()

    def read(self, cursor: str, filters: dict[str, Any]) -> int:
        """Return the id that the last page ended with; raises Refused where the cursor is not of this walk."""
        told, _, signature = cursor.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self.signature(told, filters).encode()):
            detail = "The cursor was not made for this walk."
            raise Refused(400, "invalid_cursor", detail, Fault("/query/cursor", "invalid_cursor", detail))
        return int(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))

    def walk(self, books: list[Book], query: dict[str, Any]) -> dict[str, Any]:
        """Return a page of books, newest first."""
        filters = {name: query.get(name) for name in ("genre", "author")}
        books = sorted(books, key=lambda book: -book.id)
        if query.get("cursor") is not None:
            last = self.read(query["cursor"], filters)
            books = [book for book in books if book.id < last]
        shown = books[: query["limit"]]
        has_more = len(books) > len(shown)
        return {
            "items": [book.shown() for book in shown],
            "has_more": has_more,
            "next_cursor": self.write(shown[-1].id, filters) if has_more else None,
        }
