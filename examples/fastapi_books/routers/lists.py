"""Books in numbers: pages, the feed, search, the most viewed, and counts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Select, func, select

from ..cache import Cached
from ..contract import contract
from ..guards import GUARDS
from ..pages import Cursors, FeedQuery, ListQuery, Pages, SearchQuery
from ..route import ContractRoute
from ..shapes import Book, BookFeed, BookPage, BookStatistics, PopularBooks
from ..store import BookRow, Storage

router = APIRouter(prefix="/books", tags=["books"], route_class=ContractRoute, dependencies=GUARDS)
SORTABLE: dict[str, Any] = {
    "title": BookRow.title,
    "author": BookRow.author,
    "published_year": BookRow.published_year,
    "price": BookRow.cents,
    "created_at": BookRow.created_at,
}
MOST_POPULAR: int = contract.schema("PopularBooks", "items")["maxItems"]


@router.get("")
def list_books(asked: Annotated[ListQuery, Query()], pages: Pages, cached: Cached, store: Storage) -> BookPage:
    """List books, page by page."""

    def make() -> dict[str, Any]:
        with store.reading() as database:
            return pages.page(database, in_order(matching(asked), asked.sort), asked, Book)

    return pages.announce(cached(make))


@router.get("/feed")
def list_books_feed(asked: Annotated[FeedQuery, Query()], request: Request, cached: Cached, store: Storage) -> BookFeed:
    """Walk all books by cursor, newest first."""
    cursors: Cursors = request.app.state.cursors
    walk = (asked.genre, asked.author)
    before = cursors.read(walk, asked.cursor) if asked.cursor else None

    def make() -> dict[str, Any]:
        rows = matching(asked).order_by(BookRow.id.desc()).limit(asked.limit + 1)
        with store.reading() as database:
            found = list(database.scalars(rows if before is None else rows.where(BookRow.id < before)))
        items, has_more = [Book.model_validate(row) for row in found[: asked.limit]], len(found) > asked.limit
        following = cursors.write(walk, items[-1].id) if has_more else None
        return {"items": items, "has_more": has_more, "next_cursor": following}

    return cached(make)


@router.get("/search")
def search_books(asked: Annotated[SearchQuery, Query()], pages: Pages, cached: Cached, store: Storage) -> BookPage:
    """Search books, page by page; the line break keeps a match from spanning title and author."""

    def make() -> dict[str, Any]:
        looked_in = func.casefold(BookRow.title + "\n" + BookRow.author)
        rows = select(BookRow).where(func.instr(looked_in, asked.q.casefold()) > 0)
        with store.reading() as database:
            return pages.page(database, rows.order_by(BookRow.id), asked, Book)

    return pages.announce(cached(make))


@router.get("/popular")
def list_popular_books(cached: Cached, store: Storage) -> PopularBooks:
    """List the most viewed books."""

    def make() -> dict[str, Any]:
        rows = select(BookRow).order_by(BookRow.views.desc(), BookRow.id).limit(MOST_POPULAR)
        with store.reading() as database:
            found = database.scalars(rows)
            return {"items": [{"book": Book.model_validate(row), "views": row.views} for row in found]}

    return cached(make)


@router.get("/statistics")
def get_book_statistics(cached: Cached, store: Storage) -> BookStatistics:
    """Count books by genre and decade."""

    def make() -> dict[str, Any]:
        decade = BookRow.published_year.op("/")(10) * 10
        with store.reading() as database:
            genres = database.execute(select(BookRow.genre, func.count()).group_by(BookRow.genre)).all()
            decades = database.execute(select(decade, func.count()).group_by(decade)).all()
            views = database.scalar(select(func.coalesce(func.sum(BookRow.views), 0)))
        return {
            "total_books": sum(books for _, books in genres),
            "total_views": views,
            "genres": [{"genre": genre, "books": books} for genre, books in genres],
            "decades": [{"decade": each, "books": books} for each, books in decades],
        }

    return cached(make)


def matching(asked: ListQuery | FeedQuery) -> Select[Any]:
    """Return the books that fulfil every filter."""
    conditions = {
        "genre": lambda value: BookRow.genre == value,
        "author": lambda value: BookRow.author == value,
        "year_from": lambda value: BookRow.published_year >= value,
        "year_to": lambda value: BookRow.published_year <= value,
    }
    given = asked.model_dump(include=set(conditions), exclude_none=True)
    return select(BookRow).where(*(conditions[name](value) for name, value in given.items()))


def in_order(rows: Select[Any], sort: str | None) -> Select[Any]:
    """Sort; what has no value comes last, and ties by ascending id."""
    if sort is None:
        return rows.order_by(BookRow.id)
    column = SORTABLE[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    return rows.order_by(first.nulls_last(), BookRow.id)
