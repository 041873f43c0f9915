"""Pages: a list is walked over, and each page is asked for when the walk comes to it."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from .operation import Operation, Request
from .pointer import look_up

if TYPE_CHECKING:
    from .caller import AsyncCaller, SyncCaller

Item = TypeVar("Item")
Content = TypeVar("Content")
NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next\b')
FIELD, ITEM = "header:", "item:"


@dataclass(frozen=True)
class Paging:
    """
    How the pages of a list hang together, as `x-pagination` says it.

    `parameter` is what a page is asked for with, and `first` its value for the first page. `items` are the members that
    lead to the items, as the model calls them; `next`, `more` and `total` are pointers, or header:FIELD, empty where the
    document names none.
    """

    style: Literal["page", "offset", "cursor"]
    parameter: str
    items: tuple[str, ...]
    first: int = 1
    size: str = ""
    next: str = ""
    more: str = ""
    total: str = ""

    def items_of(self, content: Any) -> list[Any]:
        """Return the items of a page."""
        for name in self.items:
            content = getattr(content, name)
        return list(content) if content else []

    def following(self, request: Request, response: httpx.Response, count: int) -> Request | None:
        """Return the request for the page after this one, which has so many items; None at the end."""
        value = self._following(request, response, count)
        return None if value is None else {**request, "params": {**request.get("params", {}), self.parameter: value}}

    def _following(self, request: Request, response: httpx.Response, count: int) -> Any:
        if self.more and not self._find(self.more, response):
            return None
        if self.style == "cursor":
            return self._cursor(response, count)
        if count == 0 or (self.next and not self._find(self.next, response)):
            return None
        now = int(request.get("params", {}).get(self.parameter, self.first))
        after = now + (count if self.style == "offset" else 1)
        return None if self._is_last(request, response, count, after) else after

    def _is_last(self, request: Request, response: httpx.Response, count: int, after: int) -> bool:
        """Tell whether the sizes say that no page follows; one that is empty says it elsewhere."""
        if self.next:
            return False
        total = str(self._find(self.total, response)) if self.total else ""
        if self.style == "offset" and total.isdecimal():
            return after >= int(total)
        size = request.get("params", {}).get(self.size)
        return size is not None and count < int(size)

    def _cursor(self, response: httpx.Response, count: int) -> Any:
        if self.next.startswith(ITEM):
            content = response.json()
            for name in self.items:
                content = look_up(content, f"/{name}")
            return look_up(content[-1], self.next.removeprefix(ITEM)) if count else None
        value = self._find(self.next, response)
        named = parse_qs(urlsplit(str(value)).query).get(self.parameter)
        return named[0] if named else value or None

    def _find(self, place: str, response: httpx.Response) -> Any:
        if not place.startswith(FIELD):
            return look_up(response.json(), place)
        name = place.removeprefix(FIELD)
        text = response.headers.get(name)
        if name.lower() != "link" or text is None:
            return None if text in (None, "", "false") else text
        found = NEXT_LINK.search(text)
        return found[1] if found else None


class Pages(Generic[Item, Content]):
    """The items of a list, over all its pages; `pages()` has the pages themselves."""

    def __init__(self, caller: "SyncCaller", operation: Operation[Content], request: Request, paging: Paging) -> None:
        self._caller, self._operation, self._request, self._paging = caller, operation, request, paging

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from self._paging.items_of(page)

    def pages(self) -> Iterator[Content]:
        """Yield each page, beginning with the one that was asked for."""
        request: Request | None = self._request
        while request is not None:
            content, response = self._caller.ask(self._operation, request)
            request = self._paging.following(request, response, len(self._paging.items_of(content)))
            yield content


class AsyncPages(Generic[Item, Content]):
    """The items of a list, over all its pages; `pages()` has the pages themselves."""

    def __init__(self, caller: "AsyncCaller", operation: Operation[Content], request: Request, paging: Paging) -> None:
        self._caller, self._operation, self._request, self._paging = caller, operation, request, paging

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in self._paging.items_of(page):
                yield item

    async def pages(self) -> AsyncIterator[Content]:
        """Yield each page, beginning with the one that was asked for."""
        request: Request | None = self._request
        while request is not None:
            content, response = await self._caller.ask(self._operation, request)
            request = self._paging.following(request, response, len(self._paging.items_of(content)))
            yield content
