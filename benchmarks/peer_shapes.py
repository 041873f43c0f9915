"""What the peer reads and writes, as pydantic models."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from sqlalchemy import ColumnElement

from .peer_store import Book

VISIBLE = r"^\S(?:[^\x00-\x1f\x7f-\x9f]*\S)?$"
Genre = Literal["fiction", "non_fiction", "science", "history"]
Year = Annotated[int, Field(ge=1000, le=2100)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]
Author = Annotated[str, Field(min_length=1, max_length=100, pattern=VISIBLE)]
Moment = Annotated[datetime, BeforeValidator(lambda moment: moment.replace(tzinfo=UTC))]


CONDITIONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "genre": lambda value: Book.genre == value,
    "author": lambda value: Book.author == value,
    "year_from": lambda value: Book.published_year >= value,
    "year_to": lambda value: Book.published_year <= value,
}


class BookInput(BaseModel):
    """A book as it is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: Title
    author: Author
    isbn: Annotated[str, Field(pattern=r"^(97[89]-?)?([0-9]-?){9}[0-9Xx]$", max_length=17)] | None = None
    published_year: Year | None = None
    genre: Genre | None = None
    price: Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,7})\.[0-9]{2}$")]

    @field_validator("isbn")
    @classmethod
    def as_isbn_13(cls, value: str | None) -> str | None:
        """Check the check digit and write an ISBN as its 13 digits."""
        digits = (value or "").replace("-", "").upper()
        if not digits:
            return None
        if len(digits) == 13:
            valid = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0
        else:
            numbers = [10 if digit == "X" else int(digit) for digit in digits]
            valid = sum((10 - place) * number for place, number in enumerate(numbers)) % 11 == 0
        if not valid:
            raise ValueError("the check digit is wrong")
        body = digits[:12] if len(digits) == 13 else f"978{digits[:9]}"
        return body + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10)


class BookOutput(BaseModel):
    """A book as it is answered."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    owner_id: int
    title: str
    author: str
    isbn: str | None
    published_year: int | None
    genre: str | None
    price: str
    created_at: Moment
    updated_at: Moment


class Pagination(BaseModel):
    """Where a page stands."""

    page: int
    per_page: int
    total_items: int
    total_pages: int
    has_next: bool
    has_prev: bool
    next_page: int | None
    prev_page: int | None


class Links(BaseModel):
    """The addresses of this page and of those around it."""

    self: str
    first: str
    last: str
    next: str | None
    prev: str | None


class BookPage(BaseModel):
    """One page of books."""

    items: list[BookOutput]
    pagination: Pagination
    links: Links

    @classmethod
    def of(cls, books: Sequence[Book], total: int, asked: "ListQuery", path: str) -> Self:
        """Wrap the books of a page."""
        last = max(1, -(-total // asked.per_page))
        following = asked.page + 1 if asked.page < last else None
        before = min(asked.page - 1, last) if asked.page > 1 else None
        given = asked.model_dump(exclude_unset=True)

        def link(number: int) -> str:
            return f"{path}?{urlencode(given | {'page': number, 'per_page': asked.per_page})}"

        pagination = Pagination(
            page=asked.page,
            per_page=asked.per_page,
            total_items=total,
            total_pages=-(-total // asked.per_page),
            has_next=following is not None,
            has_prev=before is not None,
            next_page=following,
            prev_page=before,
        )
        links = Links(
            self=link(asked.page),
            first=link(1),
            last=link(last),
            next=link(following) if following else None,
            prev=link(before) if before else None,
        )
        return cls(items=[BookOutput.model_validate(book) for book in books], pagination=pagination, links=links)


class ListQuery(BaseModel):
    """The query of the list."""

    model_config = ConfigDict(extra="forbid")
    page: Annotated[int, Field(ge=1, le=2147483647)] = 1
    per_page: Annotated[int, Field(ge=1, le=100)] = 20
    genre: Genre | None = None
    author: Author | None = None
    year_from: Year | None = None
    year_to: Year | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what the books must fulfil."""
        given = self.model_dump(exclude={"page", "per_page"}, exclude_none=True)
        return [CONDITIONS[name](value) for name, value in given.items()]
