"""Items: made, found and changed by whom the document lets do so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from .accounts import Account, Accounts, told
from .client import Client
from .document import Document
from .exchange import Exchange
from .operation import Operation, has_role
from .pointer import look_up, put
from .rule import NotChecked, Violation
from .samples import Samples
from .script import Script


@dataclass(frozen=True, eq=False)
class Item:
    """Something the suite made, an account or what accounts make: by whom, the answer, and below which item."""

    owner: Account
    creator: Operation
    made: Exchange
    parent: "Item | None" = None

    @property
    def value(self) -> Mapping[str, Any]:
        value: Mapping[str, Any] = self.made.json()
        return value


@dataclass(frozen=True, eq=False)
class Visit:
    """What a request of an operation needs to succeed: a caller who may, and the item that its path names."""

    operation: Operation
    caller: Account
    item: Item | None = None


@dataclass(eq=False)
class Shelf:
    """Where items are made and read on one instance."""

    document: Document
    client: Client
    accounts: Accounts
    samples: Samples
    script: Script
    named: int = 0

    def creator_of(self, schema: Any) -> Operation:
        """Return the operation whose 201 is this schema; one by which people sign up only where there is no other."""
        wanted = self.document.resolve(schema)
        made = [o for o in self.document.operations if self.document.resolve(o.response_schema("201")) is wanted]
        if wanted is None or not made:
            raise NotChecked("no operation of the document makes such an item: none answers 201 with its schema")
        return min(made, key=lambda operation: bool(operation.auth_role))

    def origin(self, operation: Operation) -> Operation:
        """Return the operation that makes what the path of this one names: as a link or the path says, else its reader."""
        for creator in self.document.operations:
            links = creator.responses.get("201", {}).get("links", {}).values()
            if any(self.document.resolve(link).get("operationId") == operation.id for link in links):
                return creator
        above = operation.path.rpartition("/{")[0]
        made_there = (o for o in self.document.operations if o.path == above and "201" in o.responses)
        return next(made_there, None) or self.creator_of(self.reader(operation).response_schema("200"))

    def plant(
        self, creator: Operation, owner: Account, fields: Mapping[str, Any] | None = None, parent: Item | None = None
    ) -> Item:
        """Make an item, below a parent where the path asks for one; `fields` are JSON pointers and values to put there."""
        body = self.samples.body(creator)
        for pointer, value in (fields or {}).items():
            put(body, pointer, value)
        if creator.path_parameters and parent is None:
            parent = self.subject(creator, owner)
        answer = self.call(Visit(creator, owner, parent), body=body)
        if answer.status != 201 or not isinstance(answer.json(), dict):
            raise NotChecked(f"nothing can be planted: {told(answer)}")
        return self._named(Item(owner, creator, answer, parent))

    def _named(self, item: Item) -> Item:
        self.named += 1
        for pointer in set(self.pointers(item.creator).values()):
            name = f"ITEM_{self.named}{pointer.replace('/', '_').upper().removesuffix('_ID')}"
            self.script.take(name, str(look_up(item.value, pointer)), pointer, item.made)
        return item

    def subject(self, operation: Operation, owner: Account | None = None) -> Item:
        """Make what the path of an operation names: an item of the owner's or of A's, or else an account of their own."""
        creator = self.origin(operation)
        if not has_role("register")(creator):
            return self.plant(creator, owner or self.accounts.a)
        account = owner if owner and owner.made else self.accounts.throw_away()
        assert account.made is not None
        return self._named(Item(account, creator, account.made))

    def visit(self, operation: Operation) -> Visit:
        """Make what an operation needs, and find a caller who may call it."""
        item = self.subject(operation) if operation.path_parameters else None
        return Visit(operation, self.caller(operation, item), item)

    def caller(self, operation: Operation, item: Item | None = None) -> Account:
        """Return who may call an operation; NotChecked where only an admin may and there is none."""
        allowed = (operation.access or {}).get("allow", ["user"])
        if operation.secured and operation.auth_role:
            return self.accounts.throw_away()
        if item is not None and {"owner", "self"} & set(allowed):
            return item.owner
        if "user" in allowed:
            return self.accounts.a
        if self.accounts.admin is None:
            raise NotChecked("only an admin may, and contract.toml does not say how to get one")
        return self.accounts.admin

    def pointers(self, creator: Operation) -> dict[str, str]:
        """Return, for each path parameter, where in a new item its argument stands: as the links say, else /id."""
        found = {
            name.removeprefix("path."): expression.partition("#")[2]
            for link in creator.responses.get("201", {}).get("links", {}).values()
            for name, expression in self.document.resolve(link).get("parameters", {}).items()
            if "header." not in name and str(expression).startswith("$response.body#")
        }
        return found or {p["name"]: "/id" for operation in self.document.operations for p in operation.path_parameters}

    def arguments(self, operation: Operation, item: Item | None) -> dict[str, Any]:
        if item is None:
            return {}
        pointers, parents = self.pointers(item.creator), self.arguments(item.creator, item.parent)
        own = {p["name"]: look_up(item.value, pointers.get(p["name"], "/id")) for p in operation.path_parameters}
        return own | {name: parents[name] for name in own.keys() & parents.keys()}

    def reader(self, operation: Operation) -> Operation:
        """Return the operation that reads what this one changes: `via`, else GET on the same path."""
        via = (operation.access or {}).get("via")
        for other in self.document.operations:
            if other.id == via or (via is None and other.method == "GET" and other.path == operation.path):
                return other
        raise NotChecked(f"nothing reads what {operation.id} changes: name the operation in x-access `via`")

    def call(
        self,
        visit: Visit,
        headers: Mapping[str, str] | None = None,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """Send a request of a visit; public operations are called without a token."""
        operation, caller = visit.operation, visit.caller
        sent = {**(caller.headers() if operation.secured else {}), **(headers or {})}
        # Whoever signs up or in does so from an address that has spent nothing yet.
        fresh = operation.auth_role and not operation.secured
        return self._send(visit, sent, query, body, self.accounts.fresh_address() if fresh else caller.address)

    def ask(
        self, visit: Visit, caller: Account | None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Exchange:
        """Send a request of a visit as somebody, or as nobody, whoever may."""
        sent = {**(caller.headers() if caller else {}), **(headers or {})}
        return self._send(visit, sent, query, None, caller.address if caller else "")

    def _send(self, visit: Visit, headers: Mapping[str, str], query: Any, body: Any, address: str) -> Exchange:
        arguments = self.arguments(visit.operation, visit.item)
        query = {**self.samples.query(visit.operation), **(query or {})}
        return self.client.call(
            visit.operation, arguments=arguments, query=query, headers=headers, body=body, address=address
        )

    def read(self, visit: Visit) -> Exchange:
        """Read what a visit is about, as its owner where it has one."""
        caller = visit.item.owner if visit.item else visit.caller
        found = self.call(Visit(self.reader(visit.operation), caller, visit.item))
        if (tag := found.header("etag")) is not None:
            self.named += 1
            self.script.take(f"ETAG_{self.named}", tag, "etag", found)
        return found

    def write(self, visit: Visit, tag: str | None, body: Any = None) -> Exchange:
        """Change what a visit is about; `tag` is sent as If-Match where the operation takes one."""
        headers = {"If-Match": tag} if tag and visit.operation.has_parameter("If-Match", "header") else {}
        return self.call(visit, headers, body=self.samples.body(visit.operation) if body is None else body)

    def at_location(self, item: Item) -> Exchange:
        """Read an item at its Location; where the document promises none, by the operation that reads such items."""
        location, promised = item.made.header("location"), item.creator.responses["201"].get("headers", {})
        if location is not None:
            there, owner = urljoin(item.made.url, location), item.owner
            return self.client.follow(there, owner.headers(), address=owner.address)
        if "location" in map(str.lower, promised):
            raise Violation("the answer to a creation has no Location", exchanges=[item.made])
        made = self.document.resolve(item.creator.response_schema("201"))
        for reader in self.document.operations:
            shown = self.document.resolve(reader.response_schema("200"))
            if reader.method == "GET" and reader.path_parameters and shown is made is not None:
                return self.call(Visit(reader, item.owner, item))
        raise NotChecked("the document promises no Location and has no operation that reads what was made")
