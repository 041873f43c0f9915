"""The document: whatever it says in numbers, patterns or names of members is read from it, and stands nowhere else."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

DOCUMENT = Path(__file__).parents[2] / "openapi" / "openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
ID = "0|-?[1-9][0-9]*"
KEYWORDS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "ge",
    "maximum": "le",
    "pattern": "pattern",
}


@dataclass(frozen=True)
class Policy:
    """One limit: so many requests, or so many for each tier, in a window of so many seconds."""

    name: str
    limit: int | dict[str, int]
    window: int
    by: str
    pointer: str = ""
    counts: str = ""
    tier: str = ""

    def quota(self, tier: str | None) -> int:
        """Return what a window admits; who has no tier gets the smallest."""
        if isinstance(self.limit, int):
            return self.limit
        return self.limit.get(tier or "", min(self.limit.values()))


class Operation:
    """One operation of the document; `headers` are those of each answer, with the one value they may have, if it is one."""

    def __init__(self, contract: "Contract", path: str, method: str, raw: Json) -> None:
        parameters = [contract.resolve(each) for each in raw.get("parameters", [])]
        self.id: str = raw["operationId"]
        self.method = method.upper()
        self.path = re.compile(contract.base_path + re.sub(r"\{\w+\}", f"(?:{ID})", path))
        self.is_public = raw.get("security") == []
        self.is_for_admins = raw.get("x-access", {}).get("allow") == ["admin"]
        self.auth_role: Json = raw.get("x-auth-role", {})
        self.policies = contract.named(raw["x-rate-limit"]) if "x-rate-limit" in raw else contract.default
        self.query = {each["name"] for each in parameters if each["in"] == "query"}
        self.media_types = list(raw.get("requestBody", {}).get("content", {}))
        self.seconds_in_cache: int = raw.get("x-cache", {}).get("store", 0)
        self.groups = contract.groups_of(raw)
        self.request_fields = {each["name"] for each in parameters if each["in"] == "header"} | {"X-Request-Id"}
        self.request_fields |= {"Authorization"} if "401" in raw["responses"] else set()
        self.request_fields |= {"Content-Type"} if self.media_types else set()
        self.request_fields |= {"Cache-Control"} if "bypass" in raw.get("x-cache", {}) else set()
        self.headers = {int(status): contract.headers(response) for status, response in raw["responses"].items()}


class Contract:
    """The whole document."""

    def __init__(self, path: Path) -> None:
        raw: Json = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        limits, self.raw = raw["x-rate-limit"], raw
        self.base_path = str(raw["servers"][0]["url"])
        self.policies = {name: Policy(name, **each) for name, each in limits["policies"].items()}
        self.default = self.named(limits["default"])
        self.unrouted = self.named(limits["unrouted"]) if "unrouted" in limits else self.default
        self.size_limits: dict[str, int] = raw["x-size-limits"]
        places = [(path, method) for path, item in raw["paths"].items() for method in METHODS if method in item]
        operations = [Operation(self, path, method, raw["paths"][path][method]) for path, method in places]
        self.operations = {operation.id: operation for operation in operations}
        self.root_groups = set(raw["x-cors"]["origins"])
        self.groups = self.root_groups.union(*(operation.groups for operation in operations))

    def named(self, names: list[str]) -> list[Policy]:
        """Return the policies of these names."""
        return [self.policies[name] for name in names]

    def allowed(self, path: str) -> list[str]:
        """Return the methods that a path takes; none, where there is no such path."""
        methods = {each.method for each in self.operations.values() if each.path.fullmatch(path)}
        return sorted(methods | {"OPTIONS", *(["HEAD"] if "GET" in methods else [])}) if methods else []

    def on_path(self, path: str) -> dict[str, Operation]:
        """Return the operations of a path by their methods, HEAD among them."""
        found = {each.method: each for each in self.operations.values() if each.path.fullmatch(path)}
        return found | ({"HEAD": found["GET"]} if "GET" in found else {})

    def groups_of(self, operation: Json) -> set[str]:
        """Return the groups of origins that may call an operation: as it says itself, its tag or the root."""
        tags = [tag for name in operation["tags"] for tag in self.raw["tags"] if tag["name"] == name]
        nearest = next(place["x-cors"] for place in (operation, *tags, self.raw) if "x-cors" in place)
        return set(nearest["origins"])

    def resolve(self, node: Json) -> Json:
        """Follow a reference to what it means."""
        while "$ref" in node:
            target: Any = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def headers(self, response: Json) -> dict[str, str | None]:
        """Return the headers of an answer, each with its only value, if the document allows it one."""
        declared = self.resolve(response).get("headers", {})
        values = {name: self.resolve(each)["schema"].get("enum", []) for name, each in declared.items()}
        return {name: enum[0] if len(enum) == 1 else None for name, enum in values.items()}

    def schema(self, name: str, member: str | None = None) -> Json:
        """Return a schema by its name, or the schema of one of its members."""
        found: Json = self.raw["components"]["schemas"][name]
        return self.resolve(found["properties"][member]) if member else found

    def parameter(self, name: str) -> Json:
        """Return the schema of a shared parameter."""
        return self.resolve(self.raw["components"]["parameters"][name]["schema"])


def bounds(schema: Json) -> Json:
    """Return what a schema says of a value, in the words of pydantic."""
    return {KEYWORDS[name]: value for name, value in schema.items() if name in KEYWORDS}


contract = Contract(Path(os.environ.get("OPENAPI_DOCUMENT", DOCUMENT)))
