"""Items and collections: plant, read and walk them as the document says they hang together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .accounts import Account, Accounts, told
from .client import Client
from .document import Document
from .exchange import Exchange
from .operation import Operation, is_secured
from .pointer import look_up, put
from .rule import NotChecked, Violation
from .samples import Samples
from .script import Script

LONGEST_WALK = 200


@dataclass(frozen=True, eq=False)
class Item:
    """Something the suite made: what the answer to its creation said of it, and by whom it was made."""

    owner: Account
    creator: Operation
    made: Exchange
    value: Mapping[str, Any]


class Shelf:
    """Where items are made and read on one instance."""

    def __init__(
        self, document: Document, client: Client, accounts: Accounts, samples: Samples, script: Script
    ) -> None:
        self.document = document
        self.client = client
        self.accounts = accounts
        self.samples = samples
        self.script = script
        self.planted = 0

    def creator_of(self, schema: Any) -> Operation:
        """Return the operation whose 201 is this schema and that nobody signs up or in with."""
        wanted = self.document.resolve(schema)
        for operation in self.document.operations:
            made = operation.response_schema("201")
            if made and self.document.resolve(made) is wanted and not operation.auth_role:
                return operation
        raise NotChecked("no operation of the document makes such an item: none answers 201 with its schema")

    def plant(self, creator: Operation, owner: Account, fields: Mapping[str, Any] | None = None) -> Item:
        """Make an item; `fields` are JSON pointers and the values to put there."""
        body = self.samples.body(creator)
        for pointer, value in (fields or {}).items():
            put(body, pointer, value)
        answer = self.client.call(creator, body=body, headers=owner.headers(), address=owner.address)
        if answer.status != 201 or not isinstance(answer.json(), dict):
            raise NotChecked(f"nothing can be planted: {told(answer)}")
        self.planted += 1
        item = Item(owner, creator, answer, answer.json())
        for pointer in set(self.pointers(creator).values()):
            name = f"ITEM_{self.planted}{pointer.replace('/', '_').upper().removesuffix('_ID')}"
            self.script.take(name, str(look_up(item.value, pointer)), pointer, answer)
        return item

    def pointers(self, creator: Operation) -> dict[str, str]:
        """Return, for each path parameter, where in a new item its argument stands: as the links say, else /id."""
        found = {
            name.removeprefix("path."): expression.partition("#")[2]
            for link in creator.responses.get("201", {}).get("links", {}).values()
            for name, expression in self.document.resolve(link).get("parameters", {}).items()
            if "header." not in name and str(expression).startswith("$response.body#")
        }
        names = {p["name"] for operation in self.document.operations for p in operation.path_parameters}
        return {name: "/id" for name in names - set(found) if found == {}} | found

    def arguments(self, operation: Operation, item: Item) -> dict[str, Any]:
        pointers = self.pointers(item.creator)
        return {p["name"]: look_up(item.value, pointers.get(p["name"], "/id")) for p in operation.path_parameters}

    def reader(self, operation: Operation) -> Operation:
        """Return the operation that reads what this one changes: `via`, else GET on the same path."""
        via = (operation.access or {}).get("via")
        for other in self.document.operations:
            if other.id == via or (via is None and other.method == "GET" and other.path == operation.path):
                return other
        raise NotChecked(f"nothing reads what {operation.id} changes: name the operation in x-access `via`")

    def read(self, reader: Operation, item: Item, account: Account | None = None) -> Exchange:
        account = account or item.owner
        arguments = self.arguments(reader, item)
        return self.client.call(reader, arguments=arguments, headers=account.headers(), address=account.address)

    def at_location(self, item: Item) -> Exchange:
        """Read an item where the answer to its creation says that it is."""
        location = item.made.header("location")
        if location is None:
            raise Violation("the answer to a creation has no Location", exchanges=[item.made])
        return self.client.follow(location, item.owner.headers(), address=item.owner.address)

    def write(self, operation: Operation, item: Item, account: Account) -> Exchange:
        """Change an item as somebody, with a valid body and, where it is asked for, the current ETag."""
        headers = account.headers()
        if operation.has_parameter("If-Match", "header"):
            current = self.read(self.reader(operation), item)
            headers["If-Match"] = current.header("etag") or "*"
            self.script.take(f"ETAG_{self.planted}", headers["If-Match"], "etag", current)
        arguments, body = self.arguments(operation, item), self.samples.body(operation)
        return self.client.call(operation, arguments=arguments, headers=headers, body=body, address=account.address)


class Collection:
    """A paged list, seen by somebody who may see everything planted in it."""

    def __init__(self, operation: Operation, shelf: Shelf) -> None:
        self.operation = operation
        self.shelf = shelf
        self.page: Mapping[str, Any] = operation.pagination or {}
        self.narrow: dict[str, Any] = {}
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
        Make items and return their keys.

        Where a filter compares a free text for equality, the items share a fresh one there, and
        later walks see them alone.
        """
        listed = self.shelf.document.resolve(self.operation.response_schema("200"))
        for part in self.page["items"].split("/")[1:]:
            listed = self.shelf.document.resolve(listed["properties"][part])
        creator = self.shelf.creator_of(listed["items"])
        fields = self._mark()
        owner = self.shelf.accounts.a
        return {self.key(self.shelf.plant(creator, owner, fields).value) for _ in range(count)}

    def _mark(self) -> dict[str, Any]:
        self.narrow = {}
        for name, told_ in self.page.get("filters", {}).items():
            schema = self._schema_of(name)
            if told_["is"] == "equal" and schema.get("type") == "string" and "enum" not in schema:
                self.narrow = {name: f"Author {self.shelf.samples.unique()}"}
                return {told_["at"]: self.narrow[name]}
        return {}

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
        owner = self.shelf.accounts.a
        headers = owner.headers() if is_secured(self.operation) else {}
        client = self.shelf.client
        answer = client.call(
            self.operation, query={**self.narrow, self.page["size"]: size}, headers=headers, address=owner.address
        )
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
            answer = client.follow(str(link), headers, operation=self.operation, address=owner.address)
            self.last.append(answer)
