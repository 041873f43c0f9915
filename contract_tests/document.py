"""The document: the one place from which rules, limits and targets learn what was promised."""

import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker

from .operation import Operation, Policy
from .yaml_lines import DocumentError, escape, read_yaml

__all__ = ["Document", "DocumentError", "Operation", "Policy"]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class Document:
    """An OpenAPI 3.0 document that remembers its lines."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: dict[str, int]) -> None:
        self.path = path
        self.raw = raw
        self.lines = lines

    @classmethod
    def load(cls, path: str | Path) -> "Document":
        """Read a document; a mistake raises DocumentError with file, line and remedy."""
        path = Path(path)
        raw, lines = read_yaml(path)
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise DocumentError(f"{path}:1: is no OpenAPI document: it has no `paths`")
        document = cls(path, raw, lines)
        document.operations  # noqa: B018  (a mistake in an operation is told at once)
        return document

    def line(self, pointer: str) -> int:
        """Return the line of a JSON pointer, or of the nearest node above it that has one."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def where(self, pointer: str) -> str:
        return f"{self.path}:{self.line(pointer)}"

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` until something else stands there; references inside it are left alone."""
        for _ in range(50):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            node = self.at(node["$ref"])
        raise DocumentError(f"{self.path}: {node['$ref']} refers to itself: point it at a definition")

    def at(self, reference: str) -> Any:
        """Return the node of a local reference such as `#/components/schemas/Book`."""
        if not reference.startswith("#"):
            raise DocumentError(f"{self.path}: {reference} is not in this file: only references within it are read")
        node: Any = self.raw
        for part in reference.lstrip("#").split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (KeyError, IndexError, TypeError, ValueError) as problem:
                where = self.where(self.pointer_of_reference(reference))
                raise DocumentError(f"{where}: {reference} points at nothing: define it or mend the name") from problem
        return node

    def pointer_of_reference(self, reference: str) -> str:
        """Return the pointer of the first node that holds this reference."""
        pending: list[tuple[str, Any]] = [("", self.raw)]
        while pending:
            pointer, node = pending.pop(0)
            if isinstance(node, dict) and node.get("$ref") == reference:
                return pointer
            members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            pending += [(f"{pointer}/{escape(str(key))}", member) for key, member in members]
        return ""

    @cached_property
    def base_path(self) -> str:
        servers = self.raw.get("servers") or [{"url": "/"}]
        return urlsplit(str(servers[0]["url"])).path.rstrip("/")

    @cached_property
    def policies(self) -> dict[str, Policy]:
        known = {"limit", "window", "by", "pointer", "counts"}
        declared = self.raw.get("x-rate-limit", {}).get("policies", {})
        return {
            name: Policy(name, **{key: value for key, value in policy.items() if key in known})
            for name, policy in declared.items()
        }

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        found = [
            self._operation(path, method, item)
            for path, item in self.raw["paths"].items()
            for method in METHODS
            if method in item
        ]
        return tuple(replace(operation, unique=self._unique(operation, found)) for operation in found)

    def operation(self, operation_id: str) -> Operation:
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise DocumentError(f"{self.path}: there is no operation '{operation_id}'")

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        raw = item[method]
        pointer = f"/paths/{escape(path)}/{method}"
        if not isinstance(raw, dict) or "operationId" not in raw:
            raise DocumentError(f"{self.where(pointer)}: {method} {path} has no operationId: give it one")
        security = raw.get("security", self.raw.get("security", []))
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            path=path,
            raw=raw,
            pointer=pointer,
            parameters=tuple(self.resolve(p) for p in item.get("parameters", []) + raw.get("parameters", [])),
            responses={status: self.resolve(answer) for status, answer in raw.get("responses", {}).items()},
            request_body=self.resolve(raw.get("requestBody", {})),
            secured=bool(security) and {} not in security,
            policies=tuple(self._policy(name, pointer) for name in raw.get("x-rate-limit", [])),
        )

    def _unique(self, operation: Operation, others: list[Operation]) -> dict[str, Any]:
        """Return the members of its content that are x-unique there, or where the same thing is made, with their schema."""
        made = self.resolve(operation.response_schema(operation.success()))
        makers = [other for other in others if made and self.resolve(other.response_schema("201")) is made]
        marked = {
            name: self.resolve(schema)
            for each in (operation, *makers)
            for name, schema in self._members(each).items()
            if "x-unique" in self.resolve(schema)
        }
        return {name: marked[name] for name in self._members(operation) if name in marked}

    def _members(self, operation: Operation) -> dict[str, Any]:
        members: dict[str, Any] = (self.resolve(operation.body_schema()) or {}).get("properties", {})
        return members

    def _policy(self, name: str, pointer: str) -> Policy:
        if name not in self.policies:
            where = self.where(f"{pointer}/x-rate-limit")
            raise DocumentError(f"{where}: policy '{name}' is not defined: add it to the root's x-rate-limit")
        return self.policies[name]

    @cached_property
    def error_shape(self) -> tuple[str, Any] | None:
        """The media type and the schema that most error answers declare; None where none declares any."""
        declared = [
            (media, content["schema"])
            for operation in self.operations
            for status, answer in operation.responses.items()
            if status[0] in "45"
            for media, content in answer.get("content", {}).items()
            if "schema" in content
        ]
        return max(declared, key=declared.count, default=None)

    def violations(self, schema: Any, instance: Any, *, request: bool = False) -> list[str]:
        """Return what of an instance breaks a schema of this document, formats included."""
        validator = OAS30WriteValidator if request else OAS30ReadValidator
        rooted = {"allOf": [schema], "components": self.raw.get("components", {})}
        found = validator(rooted, format_checker=oas30_format_checker).iter_errors(instance)
        return [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]

    def relaxed(self, factor: int = 1000) -> dict[str, Any]:
        """Return the document with every rate limit multiplied and nothing else changed."""
        raw = copy.deepcopy(self.raw)
        for policy in raw.get("x-rate-limit", {}).get("policies", {}).values():
            limit = policy["limit"]
            tiers = isinstance(limit, dict)
            policy["limit"] = {tier: n * factor for tier, n in limit.items()} if tiers else limit * factor
        return raw
