"""Collections: plant and walk them as the document says they hang together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from .accounts import told
from .exchange import Exchange
from .operation import Operation
from .pointer import look_up
from .rule import NotChecked, Violation
from .shelf import Item, Shelf, Visit

LONGEST_WALK = 200

Page = list[Mapping[str, Any]]


class Collection:
    """A paged list, seen by somebody who may see everything planted in it; `headers` are sent with every request."""

    def __init__(self, operation: Operation, shelf: Shelf) -> None:
        self.operation = operation
        self.shelf = shelf
        self.page: Mapping[str, Any] = operation.pagination or {}
        self.listed = shelf.document.shown(operation)
        self.key = operation.key
        self.narrow: dict[str, Any] = {}
        self.marks: list[dict[str, Any]] = [{}]
        self.headers: Mapping[str, str] = {}
        self.made: list[Item] = []
        self.last: list[Exchange] = []
        self.first: int = self.schema_of(self.page.get("page", "")).get("minimum", 1)
        schema = self.schema_of(self.page.get("size", ""))
        self.bounds: tuple[int, int] = (schema.get("minimum", 1), schema.get("maximum", 100))

    @cached_property
    def visit(self) -> Visit:
        return self.shelf.visit(self.operation)

    def schema_of(self, parameter: str) -> Any:
        found = next((p for p in self.operation.parameters if p["name"] == parameter), {})
        return self.shelf.document.resolve(found.get("schema", {}))

    def sizes(self) -> set[int]:
        """Return the page sizes to try: one for some three pages, and the least one where no others' items are in view."""
        return {self.size(), self.bounds[0] if self._alone else self.size()}

    def size(self) -> int:
        """Return a page size at which the collection fills some three pages; NotChecked where none is allowed."""
        size = min(max(self.count() // 3 + 1, self.bounds[0]), self.bounds[1])
        if size >= self.count():
            raise NotChecked("the document allows no page size small enough to plant for")
        return size

    def count(self) -> int:
        """Return how many items there are to walk."""
        return len(self.made) if self._alone else len(self.keys(self.walk(self.bounds[1])))

    @property
    def _alone(self) -> bool:
        return bool(self.narrow or self.visit.item)

    def keys(self, pages: Iterable[Page]) -> list[Any]:
        return [self.key(item) for page in pages for item in page]

    def plant(self, count: int, fields: Sequence[Mapping[str, Any]] = ({},)) -> set[Any]:
        """
        Make items, below a parent where the path names one, and return their keys; `fields` are theirs by turns.

        Where a filter looks into free text, the items share a fresh one there, by turns at each of
        its places, and later walks see them alone. Accounts, among all others, are only a few.
        """
        self.marks = marks = self._marks()
        few = 2 if self.shelf.creator_of(self.listed).auth_role and not self._alone else count
        self.made = [self.insert({**fields[i % len(fields)], **marks[i % len(marks)]}) for i in range(min(count, few))]
        return {self.key(item.value) for item in self.made}

    def insert(self, fields: Mapping[str, Any]) -> Item:
        """Make one item more."""
        parent = self.visit.item
        creator, a = self.shelf.creator_of(self.listed), self.shelf.accounts.a
        return self.shelf.plant(creator, parent.owner if parent else a, fields, parent)

    def _marks(self) -> list[dict[str, Any]]:
        for name, places in self.shelf.document.text_filters(self.operation).items():
            self.narrow = {name: f"Author {self.shelf.samples.unique()}"}
            return [{place: self.narrow[name]} for place in places]
        return [{}]

    def get(self, query: Mapping[str, Any]) -> Exchange:
        """Ask for a page of what was planted."""
        return self.shelf.call(self.visit, self.headers, query={**self.narrow, **query})

    def items(self, answer: Exchange) -> Page:
        """Return the items of a page; an answer that is none is a Violation."""
        items = look_up(answer.json(), self.page["items"])
        if answer.status != 200 or not isinstance(items, list):
            raise Violation(told(answer), expected="a page, status 200", exchanges=self.evidence or [answer])
        return items

    def cursor(self, answer: Exchange) -> Any:
        """Return what leads on from a page; scripts take it from the answer too."""
        token = look_up(answer.json(), self.page["next"])
        before = [*(item.made for item in self.made), *(page for page in self.last if page.method == "GET")]
        self.shelf.named += 1
        self.shelf.script.take(f"CURSOR_{self.shelf.named}", str(token), self.page["next"], *before, answer)
        return token

    def walk(self, size: int, query: Mapping[str, Any] | None = None, *, numbers: bool = False) -> Iterator[Page]:
        """
        Yield page after page, found by `next`, or by number where asked to or where there is no `next`.

        Going in circles is a Violation.
        """
        self.last, asked, numbers = [], {self.page["size"]: size, **(query or {})}, numbers or "next" not in self.page
        answer: Exchange | None = self.get(asked)
        while answer is not None:
            self.expect("`next` leads in circles", answer.url in [before.url for before in self.last], False)
            if len(self.last) == LONGEST_WALK:
                raise NotChecked(f"there are more than {LONGEST_WALK} pages: too many to walk one by one")
            self.last.append(answer)
            if (items := self.items(answer)) or not numbers:
                yield items
            answer = self._following(answer, asked, numbers)

    def _following(self, answer: Exchange, asked: Mapping[str, Any], numbers: bool) -> Exchange | None:
        if numbers and {"page", "offset"} & self.page.keys():
            size, count = asked[self.page["size"]], len(self.last)
            place = (
                {self.page["offset"]: size * count}
                if "offset" in self.page
                else {self.page["page"]: self.first + count}
            )
            return self.get({**asked, **place}) if len(self.items(answer)) >= size else None
        link = look_up(answer.json(), self.page["next"])
        if not link or (isinstance(link, str) and "page" in self.page):
            return self.follow(urljoin(answer.url, link)) if link else None
        return self.get({**asked, self.page.get("cursor", self.page.get("page")): self.cursor(answer)})

    def follow(self, link: str) -> Exchange:
        """Send the caller's GET to a link of a page."""
        caller = self.visit.caller
        headers = {**(caller.headers() if self.operation.secured else {}), **self.headers}
        return self.shelf.client.follow(link, headers, operation=self.operation, address=caller.address)

    @property
    def evidence(self) -> list[Exchange]:
        """What shows the last walk: what was planted, unless a cursor in it brings that along, and the pages."""
        carried = any(f"{self.page.get('cursor')}=" in exchange.url for exchange in self.last)
        return [*(() if carried else (item.made for item in self.made)), *self.last]

    def expect(self, what: str, found: Any, expected: Any) -> None:
        """Raise Violation, with the last walk to show it, where something was found that was not expected."""
        if found != expected:
            raise Violation(f"{what}: {found}", expected=str(expected), exchanges=self.evidence)

    def refused(self, what: str, answer: Exchange, *shown: Exchange, due: bool = True) -> None:
        """Raise Violation where a bad request crashes, or gets no documented 4xx though the document says that such do."""
        declared, status = self.operation.responses.keys(), answer.status
        known = status // 100 == 4 and {str(status), "4XX"} & declared
        if status >= 500 or (due and {"400", "422", "4XX"} & declared and not known):
            raise Violation(f"{what}: {told(answer)}", expected="a documented 4xx", exchanges=[*shown, answer])
