"""Bodies that an operation accepts, made from its example or its schema, with unique values where they must be."""

import copy
import itertools
from collections.abc import Mapping
from typing import Any

from .document import Document
from .generators import SPELLINGS, isbn
from .operation import Operation


class Samples:
    """
    A source of valid bodies.

    Every unique text holds `run`, ten digits, so that a script can replace them and be pasted twice.
    """

    def __init__(self, document: Document, run: str) -> None:
        self.document = document
        self.run = run
        self.counter = itertools.count(1)

    def unique(self) -> str:
        return f"u{next(self.counter)}-{self.run}"

    def body(self, operation: Operation) -> Any:
        """Return a body with the required properties of its schema; None where the operation takes none."""
        schema = self.document.resolve(operation.body_schema())
        if schema is None:
            return None
        example = copy.deepcopy(operation.body_example())
        body = example if isinstance(example, dict) else self.value(schema)
        for name, property_schema in schema.get("properties", {}).items():
            self._make_unique(body, name, property_schema, name in schema.get("required", ()))
        return body

    def _make_unique(self, body: dict[str, Any], name: str, schema: Mapping[str, Any], required: bool) -> None:
        schema = self.document.resolve(schema)
        if "x-unique" not in schema:
            return
        if required:
            body[name] = f"{self.unique()}@example.com" if schema.get("format") == "email" else self.unique()
        else:
            body.pop(name, None)

    def query(self, operation: Operation) -> dict[str, Any]:
        """Return the query parameters that an operation cannot do without."""
        needed = (p for p in operation.parameters if p["in"] == "query" and p.get("required"))
        return {p["name"]: p.get("example", self.value(p.get("schema", {}))) for p in needed}

    def twins(self, schema: Mapping[str, Any]) -> tuple[str, str]:
        """Return two spellings of one value that nobody has taken, as the x-unique of its schema shows them."""
        one, other = schema["x-unique"]["twins"]
        if schema.get("format") == "isbn":
            number = (int(self.run) + next(self.counter)) % 10**9
            return isbn(number, SPELLINGS[1], 13), isbn(number, SPELLINGS[0], 10)
        if one.casefold() != other.casefold():
            return one, other
        fresh = f"{self.unique()}@example.com" if schema.get("format") == "email" else self.unique()
        return fresh, fresh.upper()

    def value(self, schema: Any) -> Any:
        """Return a small valid value of a schema: its example, its default, or the least that its keywords allow."""
        schema = self.document.resolve(schema)
        shown = [*schema.get("examples", ()), *(schema[k] for k in ("const", "example", "default") if k in schema)]
        if shown:
            return copy.deepcopy(shown[0])
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type")
        kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
        if kind == "object" or "properties" in schema:
            required = schema.get("required", ())
            return {name: self.value(schema["properties"][name]) for name in required if name in schema["properties"]}
        if kind == "array":
            return [self.value(schema["items"])] * schema.get("minItems", 0)
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        return {"boolean": False, "null": None}.get(kind, "x" * max(schema.get("minLength", 1), 1))
