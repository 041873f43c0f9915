"""Pages, their links, and cursors."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Path, Request
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from .contract import bounds, contract
from .problems import Problem, fault
from .shapes import Author, Genre, Role, Tier, Year

Sort = Literal[
    "title",
    "-title",
    "author",
    "-author",
    "published_year",
    "-published_year",
    "price",
    "-price",
    "created_at",
    "-created_at",
]


def in_one_spelling(text: Any) -> Any:
    """Refuse a number in any spelling but the canonical one."""
    if isinstance(text, str) and not re.fullmatch("0|-?[1-9][0-9]*", text):
        raise ValueError("write a whole number in digits")
    return text


def number(name: str) -> Any:
    """Return the bounds and the default of a numeric parameter of the document."""
    schema = contract.parameter(name)
    return Field(default=schema["default"], **bounds(schema))


Whole = Annotated[int, BeforeValidator(in_one_spelling)]
BookId = Annotated[int, Path(**bounds(contract.parameter("BookId")))]
UserId = Annotated[int, Path(**bounds(contract.parameter("UserId")))]
YearText = Annotated[Year, BeforeValidator(in_one_spelling)]


class PageQuery(BaseModel):
    page: Whole = number("Page")
    per_page: Whole = number("PerPage")


class UserQuery(PageQuery):
    role: Role | None = None
    tier: Tier | None = None


class SearchQuery(PageQuery):
    q: Author


class ListQuery(PageQuery):
    sort: Sort | None = None
    genre: Genre | None = None
    author: Author | None = None
    year_from: YearText | None = None
    year_to: YearText | None = None


class FeedQuery(BaseModel):
    cursor: Annotated[str, Field(**bounds(contract.parameter("Cursor")))] | None = None
    limit: Whole = number("Limit")
    genre: Genre | None = None
    author: Author | None = None


class Pager:
    """Makes pages of rows, with links to their neighbours that keep the rest of the query."""

    def __init__(self, request: Request) -> None:
        self._path = request.scope["path"]
        self._query = {name: value for name, value in request.query_params.items() if name != "nocache"}
        self._headers: dict[str, str] = request.state.headers

    def page(self, database: Session, rows: Select[Any], asked: PageQuery, shape: Any) -> dict[str, Any]:
        """Return the page that is asked for."""
        page, per_page = asked.page, asked.per_page
        total = database.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
        found = database.scalars(rows.limit(per_page).offset((page - 1) * per_page))
        pages = -(-total // per_page)
        last = max(1, pages)
        following = page + 1 if page < last else None
        before = min(page - 1, last) if page > 1 else None
        numbers = {"self": page, "first": 1, "last": last, "next": following, "prev": before}
        place = {"page": page, "per_page": per_page, "total_items": total, "total_pages": pages}
        around = {"has_next": bool(following), "has_prev": bool(before), "next_page": following, "prev_page": before}
        links = {name: self._link(each, per_page) if each else None for name, each in numbers.items()}
        return {"items": [shape.model_validate(row) for row in found], "pagination": place | around, "links": links}

    def announce(self, page: dict[str, Any]) -> dict[str, Any]:
        """Say the links of a page in its Link field too (RFC 8288)."""
        told = [f'<{link}>; rel="{name}"' for name, link in page["links"].items() if link]
        self._headers["Link"] = ", ".join(told)
        return page

    def _link(self, page: int, per_page: int) -> str:
        return f"{self._path}?{urlencode({**self._query, 'page': page, 'per_page': per_page})}"


class Cursors:
    """Signs where a walk goes on; a cursor is good for the walk that it was made for."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"cursors", hashlib.sha256)

    def write(self, walk: Sequence[str | None], last_id: int) -> str:
        """Return the cursor that goes on behind an item."""
        signed = json.dumps([*walk, last_id]).encode()
        return f"{last_id}.{hmac.new(self._key, signed, hashlib.sha256).hexdigest()}"

    def read(self, walk: Sequence[str | None], cursor: str) -> int:
        """Return the id of the item that a cursor goes on behind."""
        told = cursor.partition(".")[0]
        if re.fullmatch("[1-9][0-9]{0,15}", told) and hmac.compare_digest(self.write(walk, int(told)), cursor):
            return int(told)
        wrong = Problem("invalid_cursor")
        raise Problem("invalid_cursor", faults=[fault("/query/cursor", wrong.code, wrong.detail)])


Pages = Annotated[Pager, Depends()]
