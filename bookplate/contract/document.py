"""The document: the one place from which rules, limits and targets learn what was promised."""

import copy
import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import openapi_schema_validator as validators

from .lines import DocumentError, escape, place, read_yaml
from .operation import NOBODY, STRANGE, Operation, Policy
from .overlay import lay_over
from .pointer import look_up

__all__ = ["Document", "DocumentError", "Operation", "Policy"]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
BEARER = ("Authorization", "Bearer {}")


class Document:
    """An OpenAPI 3.0 or 3.1 document that remembers its lines; what an overlay added has the overlay's."""

    def __init__(self, path: Path, raw: dict[str, Any], lines: dict[str, str]) -> None:
        self.path = path
        self.raw = raw
        self.lines = lines

    @classmethod
    def load(cls, path: str | Path, overlay: str | Path | None = None) -> "Document":
        """Read a document, with an overlay; a mistake in either raises DocumentError with file, line and remedy."""
        path = Path(path)
        raw, lines = read_yaml(path)
        laid = lay_over(raw, Path(overlay)) if overlay and isinstance(raw, dict) else {}
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise DocumentError(f"{path}:1: is no OpenAPI document: it has no `paths`")
        document = cls(path, raw, laid | lines)
        document.operations  # noqa: B018  (a mistake in an operation is told at once)
        return document

    def line(self, pointer: str) -> int:
        """Return the line of a JSON pointer, or of the nearest node above it that has one."""
        return int(self.where(pointer).rpartition(":")[2])

    def where(self, pointer: str) -> str:
        return place(self.lines, pointer) or f"{self.path}:1"

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
        node = look_up(self.raw, unquote(reference[1:]))
        if node is None:
            holders = (each for each in self.lines if look_up(self.raw, each) == reference)
            raise DocumentError(
                f"{self.where(next(holders, ''))}: {reference} points at nothing: define it or mend the name"
            )
        return node

    @cached_property
    def base_path(self) -> str:
        servers = self.raw.get("servers") or [{"url": "/"}]
        return urlsplit(str(servers[0]["url"])).path.rstrip("/")

    @property
    def version(self) -> str:
        """The version of OpenAPI that it is written in, such as 3.1."""
        return str(self.raw.get("openapi", "3.0"))[:3]

    @cached_property
    def carrier(self) -> tuple[str, str]:
        """The header that takes a credential and its form there, as the security scheme that the root names first says."""
        schemes = self.raw.get("components", {}).get("securitySchemes", {})
        named = [name for choice in self.raw.get("security", []) for name in choice if name in schemes]
        scheme = self.resolve(schemes.get(next(iter([*named, *schemes]), ""), {}))
        if scheme.get("type") != "apiKey":
            return "Authorization", f"{str(scheme.get('scheme', 'bearer')).title()} {{}}"
        if scheme["in"] == "query":
            raise DocumentError(f"{self.path}: a key in the query cannot be sent: declare one in a header, and first")
        return (scheme["name"], "{}") if scheme["in"] == "header" else ("Cookie", f"{scheme['name']}={{}}")

    @cached_property
    def policies(self) -> dict[str, Policy]:
        known = {"limit", "window", "by", "pointer", "counts"}
        declared = self.raw.get("x-rate-limit", {}).get("policies", {})
        return {
            name: Policy(name, **{key: value for key, value in policy.items() if key in known})
            for name, policy in declared.items()
        }

    @cached_property
    def default_policies(self) -> tuple[Policy, ...] | None:
        """What limits an operation that names no policies; None where the document does not say."""
        limits = self.raw.get("x-rate-limit", {})
        return self._named(limits["default"], "/x-rate-limit/default") if "default" in limits else None

    @cached_property
    def unrouted_policies(self) -> tuple[Policy, ...]:
        """What limits requests that lead to no operation."""
        limits = self.raw.get("x-rate-limit", {})
        if "unrouted" in limits:
            return self._named(limits["unrouted"], "/x-rate-limit/unrouted")
        return self.default_policies or ()

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        found = [
            self._operation(path, method, item)
            for path, item in ((path, self.resolve(item)) for path, item in self.raw["paths"].items())
            for method in METHODS
            if method in item
        ]
        groups = dict.fromkeys(group for operation in found for group in operation.origins or ())
        return tuple(
            replace(
                operation,
                unique=self._unique(operation, found),
                other_origins=tuple(group for group in groups if group not in (operation.origins or ())),
            )
            for operation in found
        )

    def operation(self, operation_id: str) -> Operation:
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise DocumentError(f"{self.path}: there is no operation '{operation_id}'")

    @cached_property
    def named(self) -> dict[str, Any]:
        """The document with an operationId for each operation, also where it gives none."""
        raw = copy.deepcopy(self.raw)
        for operation in self.operations:
            if isinstance(there := look_up(raw, operation.pointer), dict):
                there["operationId"] = operation.id
        return raw

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        raw = item[method]
        pointer = f"/paths/{escape(path)}/{method}"
        if not isinstance(raw, dict):
            raise DocumentError(f"{self.where(pointer)}: {method} {path} is no operation: say what it answers")
        security = raw.get("security", self.raw.get("security", []))
        parameters = tuple(self.resolve(p) for p in item.get("parameters", []) + raw.get("parameters", []))
        return Operation(
            id=raw.get("operationId") or re.sub(r"\W+", "_", f"{method}{path}").strip("_"),
            method=method.upper(),
            path=path,
            raw=raw,
            pointer=pointer,
            parameters=parameters,
            responses={status: self.resolve(answer) for status, answer in raw.get("responses", {}).items()},
            request_body=self.resolve(raw.get("requestBody", {})),
            secured=bool(security) and {} not in security,
            bearer=self.carrier == BEARER,
            policies=self._policies(raw, pointer),
            default=self.default_policies,
            origins=self._origins(raw, pointer),
            nowhere={
                each["name"]: self._strange(self.resolve(each.get("schema", {})))
                for each in parameters
                if each["in"] == "path"
            },
        )

    def _origins(self, raw: dict[str, Any], pointer: str) -> tuple[str, ...] | None:
        """Return the groups of origins that the nearest of operation, tag and root names; None where none does."""
        tags = [tag for name in raw.get("tags", []) for tag in self.raw.get("tags", []) if tag.get("name") == name]
        declared = next((place["x-cors"] for place in (raw, *tags, self.raw) if "x-cors" in place), None)
        if declared is None:
            return None
        if not (isinstance(declared, dict) and isinstance(declared.get("origins"), list)):
            raise DocumentError(f"{self.where(pointer)}: its x-cors names no groups: write x-cors: {{origins: [apps]}}")
        return tuple(declared["origins"])

    def _strange(self, schema: Any) -> Any:
        """Return an id that nothing has, in the form that a schema asks for."""
        return next((each for each in STRANGE if not self.violations(schema, each)), NOBODY)

    def _unique(self, operation: Operation, others: list[Operation]) -> dict[str, Any]:
        """Return the members of its content that are x-unique there, or where the same thing is made, with their schema."""
        if operation.method == "POST" and "201" not in operation.responses:
            return {}  # to sign in with a value claims nothing
        made = self.resolve(operation.response_schema(operation.success()))
        makers = [other for other in others if made and self.resolve(other.response_schema("201")) is made]
        filterable_mark = {
            name: self.resolve(schema)
            for each in (operation, *makers)
            for name, schema in self.members(each).items()
            if "x-unique" in self.resolve(schema)
        }
        return {name: filterable_mark[name] for name in self.members(operation) if name in filterable_mark}

    def members(self, operation: Operation) -> dict[str, Any]:
        """Return the members of the content that an operation takes, with their schemas."""
        members: dict[str, Any] = (self.resolve(operation.body_schema()) or {}).get("properties", {})
        return members

    def shown(self, operation: Operation) -> Any:
        """Return the schema of what an operation shows, alone or in a list; None where it reads nothing, or none is told."""
        schema = self.resolve(operation.response_schema("200")) if operation.method == "GET" else None
        for part in operation.pagination["items"].split("/")[1:] if operation.pagination else ():
            schema = self.resolve((schema or {}).get("properties", {}).get(part))
        return self.resolve((schema or {}).get("items")) if operation.pagination else schema

    def text_filters(self, lister: Operation) -> dict[str, list[str]]:
        """Return the filters of a list that look into free text, each with where in an item that stands."""
        found, schemas = {}, {p["name"]: self.resolve(p.get("schema", {})) for p in lister.parameters}
        for name, told in (lister.pagination or {}).get("filters", {}).items():
            schema = schemas.get(name, {})
            free = schema.get("type") == "string" and not {"enum", "format"} & schema.keys()
            if free and told["is"] in ("equal", "contains"):
                found[name] = [told["at"]] if isinstance(told["at"], str) else told["at"]
        return found

    def _policies(self, raw: dict[str, Any], pointer: str) -> tuple[Policy, ...]:
        """Return what limits an operation: the policies that it names, else the default ones."""
        if "x-rate-limit" in raw:
            return self._named(raw["x-rate-limit"], f"{pointer}/x-rate-limit")
        return self.default_policies or ()

    def _named(self, names: Any, pointer: str) -> tuple[Policy, ...]:
        """Return the policies of these names, which stand at a pointer."""
        where = self.where(pointer)
        if not isinstance(names, list):
            raise DocumentError(f"{where}: this is no list of policies: write [name, name], or [] for no limit")
        for name in names:
            if name not in self.policies:
                raise DocumentError(f"{where}: policy '{name}' is not defined: add it to the root's x-rate-limit")
        return tuple(self.policies[name] for name in names)

    @cached_property
    def error_shape(self) -> tuple[str, Any] | None:
        """The media type and the schema that most error answers declare; None where no two statuses share one."""
        declared = [
            (status, (media, content["schema"]))
            for operation in self.operations
            for status, answer in operation.responses.items()
            if status[0] in "45"
            for media, content in answer.get("content", {}).items()
            if "schema" in content
        ]
        shapes = [shape for _, shape in declared]
        shared = [shape for shape in shapes if len({status for status, each in declared if each == shape}) > 1]
        return max(shared, key=shapes.count, default=None)

    def violations(self, schema: Any, instance: Any, *, request: bool = False) -> list[str]:
        """Return what of an instance breaks a schema of this document, formats included."""
        rooted = {"allOf": [schema], "components": self.raw.get("components", {})}
        judge, formats = validators.OAS31Validator, validators.oas31_format_checker
        if self.version == "3.0":
            judge = validators.OAS30WriteValidator if request else validators.OAS30ReadValidator
            formats = validators.oas30_format_checker
        found = judge(rooted, format_checker=formats).iter_errors(instance)
        return [f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]

    def relaxed(self, factor: int = 1000) -> dict[str, Any]:
        """Return the document with every rate limit multiplied and nothing else changed."""
        raw = copy.deepcopy(self.raw)
        for policy in raw.get("x-rate-limit", {}).get("policies", {}).values():
            limit = policy["limit"]
            tiers = isinstance(limit, dict)
            policy["limit"] = {tier: n * factor for tier, n in limit.items()} if tiers else limit * factor
        return raw
