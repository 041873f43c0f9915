"""What the document says that a server has to know: routes, parameters, shapes, limits, sizes, origins."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Policy:
    """A limit: how many requests a window of so many seconds admits, and what they are counted by."""

    name: str
    limits: dict[str, int]
    window: int
    by: str
    counts_failures: bool

    def limit(self, tier: str) -> int:
        return self.limits.get(tier, next(iter(self.limits.values())))


@dataclass(frozen=True)
class Operation:
    """A method of a path, with what its path has told."""

    contract: "Contract"
    node: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.node["operationId"])

    @cached_property
    def parameters(self) -> list[dict[str, Any]]:
        return [self.contract.resolved(each) for each in self.node.get("parameters", [])]

    @property
    def policies(self) -> list[Policy]:
        told = self.contract.document["x-rate-limit"]
        return [self.contract.policies[name] for name in self.node.get("x-rate-limit", told["default"])]

    @property
    def is_public(self) -> bool:
        return self.node.get("security") == []

    @property
    def roles(self) -> list[str]:
        return list(self.node.get("x-access", {}).get("allow", []))

    @property
    def groups(self) -> list[str]:
        """The groups of origins that may call it: its own, those of a tag, those of the document."""
        if "x-cors" in self.node:
            return list(self.node["x-cors"]["origins"])
        for tag in self.contract.document["tags"]:
            if tag["name"] in self.node.get("tags", []) and "x-cors" in tag:
                return list(tag["x-cors"]["origins"])
        return self.contract.default_groups

    @property
    def content(self) -> tuple[str, dict[str, Any]] | None:
        """The media type and the schema of what it takes; None where it takes nothing."""
        if "requestBody" not in self.node:
            return None
        ((media_type, told),) = self.node["requestBody"]["content"].items()
        return media_type, told["schema"]


class Contract:
    """The document."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.base_path = str(self.document["servers"][0]["url"])
        self.sizes: dict[str, int] = self.document["x-size-limits"]
        self.default_groups = list(self.document["x-cors"]["origins"])
        self.policies = {
            name: Policy(
                name,
                told["limit"] if isinstance(told["limit"], dict) else {"": told["limit"]},
                told["window"],
                told["by"],
                told.get("counts") == "failures",
            )
            for name, told in self.document["x-rate-limit"]["policies"].items()
        }
        self.paths = {path: self._operations(item) for path, item in self.document["paths"].items()}

    @property
    def default_policies(self) -> list[Policy]:
        return [self.policies[name] for name in self.document["x-rate-limit"]["default"]]

    def _operations(self, item: dict[str, Any]) -> dict[str, Operation]:
        return {method.upper(): Operation(self, item[method]) for method in METHODS if method in item}

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return what a reference leads to, or the node itself."""
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def route(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        """Return the operations of a path and its parameters; None where the document has no such path."""
        if not path.startswith(self.base_path + "/"):
            return None
        asked = [unquote(each, errors="surrogateescape") for each in path.removeprefix(self.base_path).split("/")]
        ranked = sorted(self.paths, key=lambda template: template.count("{"))
        for template in ranked:
            found = matched(template.split("/"), asked)
            if found is not None:
                return self.paths[template], found
        return None


def matched(template: list[str], asked: list[str]) -> dict[str, str] | None:
    """Return the values of the parameters; None where the path is another. A parameter is a number as it is usually written."""
    if len(template) != len(asked):
        return None
    values = {}
    for wanted, got in zip(template, asked, strict=True):
        if wanted.startswith("{") and NUMBER.fullmatch(got):
            values[wanted[1:-1]] = got
        elif wanted != got:
            return None
    return values
