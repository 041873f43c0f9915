"""Collections: plant and walk them as the document says they hang together."""

from collections.abc import Mapping
from typing import Any

from .accounts import told
from .exchange import Exchange
from .operation import Operation
from .pointer import look_up
from .rule import NotChecked, Violation
from .shelf import Shelf, Visit

LONGEST_WALK = 200


class Collection:
    """A paged list, seen by somebody who may see everything planted in it."""

    def __init__(self, operation: Operation, shelf: Shelf) -> None:
        self.operation = operation
        self.shelf = shelf
        self.page: Mapping[str, Any] = operation.pagination or {}
        self.narrow: dict[str, Any] = {}
        self.visit: Visit
        self.last: list[Exchange] = []

    def sizes(self) -> list[int]:
        """Return the page sizes to try: a few small ones, as far as the document allows them."""
        schema = self._schema_of(self.page["size"])
        return [size for size in (1, 2, 5) if schema.get("minimum", 1) <= size <= schema.get("maximum", size)]

    def key(self, item: Mapping[str, Any]) -> Any:
        """Return what tells items apart: the last pointer of `order`."""
        return look_up(item, self.page.get("order", ["/id"])[-1].removeprefix("-"))

    def plant(self, count: int) -> set[Any]:
        """
        Make items, below a parent where the path names one, and return their keys.

        Where a filter looks into free text, the items share a fresh one there, by turns at each of
        its places, and later walks see them alone.
        """
        listed = self.shelf.document.resolve(self.operation.response_schema("200"))
        for part in self.page["items"].split("/")[1:]:
            listed = self.shelf.document.resolve(listed["properties"][part])
        creator = self.shelf.creator_of(listed["items"])
        self.visit = self.shelf.visit(self.operation)
        parent = self.visit.item
        owner = parent.owner if parent else self.shelf.accounts.a
        marks = self._marks() or [{}]
        made = [self.shelf.plant(creator, owner, marks[i % len(marks)], parent) for i in range(count)]
        return {self.key(item.value) for item in made}

    def _marks(self) -> list[dict[str, Any]]:
        for name, told_ in self.page.get("filters", {}).items():
            schema = self._schema_of(name)
            if told_["is"] in ("equal", "contains") and schema.get("type") == "string" and "enum" not in schema:
                self.narrow = {name: f"Author {self.shelf.samples.unique()}"}
                places = told_["at"] if isinstance(told_["at"], list) else [told_["at"]]
                return [{place: self.narrow[name]} for place in places]
        return []

    def _give_up(self, pages: list[list[Mapping[str, Any]]]) -> None:
        """Raise Violation where a walk goes in circles, NotChecked where it is merely long."""
        keys = [self.key(item) for page in pages for item in page]
        if len(set(keys)) < len(keys) or not keys:
            raise Violation(f"`next` leads in circles for {len(pages)} pages", exchanges=self.last[-2:])
        raise NotChecked(f"the collection has more than {len(keys)} items: too many to walk one by one")

    def _schema_of(self, parameter: str) -> Mapping[str, Any]:
        found = next((p for p in self.operation.parameters if p["name"] == parameter), {})
        schema: Mapping[str, Any] = self.shelf.document.resolve(found.get("schema", {}))
        return schema

    def walk(self, size: int) -> list[list[Mapping[str, Any]]]:
        """Follow `next` from the first page to the end and return the pages; going in circles is a Violation."""
        caller = self.visit.caller
        headers = caller.headers() if self.operation.secured else {}
        answer = self.shelf.call(self.visit, query={**self.narrow, self.page["size"]: size})
        self.last, pages = [answer], []
        while True:
            items = look_up(answer.json(), self.page["items"])
            if answer.status != 200 or not isinstance(items, list):
                raise Violation(told(answer), expected="a page, status 200", exchanges=self.last)
            pages.append(items)
            link = look_up(answer.json(), self.page["next"])
            if not link:
                return pages
            if len(pages) == LONGEST_WALK:
                self._give_up(pages)
            answer = self.shelf.client.follow(str(link), headers, operation=self.operation, address=caller.address)
            self.last.append(answer)
