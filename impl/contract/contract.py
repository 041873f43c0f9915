"""The document as the implementation reads it: operations, limits, access, caches, sizes."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .renamed_keys import find_old_name

# Whom x-access may allow here.
SERVED_CALLERS = {"user", "owner", "self", "admin"}
GROUP = re.compile("[a-z][a-z0-9-]*")
METHODS = ("get", "post", "put", "patch", "delete")
Json = dict[str, Any]


class ContractError(Exception):
    """The document cannot be served; the message says where and why."""


@dataclass(frozen=True)
class Policy:
    """One limit: `limit` requests, or one number per tier, in a window of `window` seconds."""

    name: str
    limit: int | dict[str, int]
    window: int
    by: str
    pointer: str | None = None
    counts: str | None = None
    tier: str | None = None

    def quota(self, tier: str | None) -> int:
        """Say how many requests a window admits for a tier; nobody's tier is the smallest."""
        if isinstance(self.limit, int):
            return self.limit
        return self.limit.get(tier or "", min(self.limit.values()))


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    raw: Json
    contract: "Contract"

    @property
    def tag(self) -> str:
        """The feature folder that holds the handler."""
        return str(self.raw["tags"][0])

    @cached_property
    def route(self) -> str:
        """The whole path, with the names of its parameters in braces."""
        return self.contract.base_path + self.path

    @cached_property
    def is_public(self) -> bool:
        """Whether no token is needed."""
        return bool(self.raw.get("security", self.contract.raw.get("security")) == [])

    @cached_property
    def parameters(self) -> list[Json]:
        """The parameters, resolved."""
        return [self.contract.resolve(each) for each in self.raw.get("parameters", [])]

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The limits that count this operation: those that it names, else those by default."""
        return self.contract.limits_of(self.raw, self.id, "x-rate-limit")

    @cached_property
    def origins(self) -> tuple[str, ...] | None:
        """The groups of origins that may call this from a browser; None where the document says nothing of it."""
        tags = {tag["name"]: tag for tag in self.contract.raw.get("tags", [])}
        places = [self.raw, *(tags.get(name, {}) for name in self.raw.get("tags", [])), self.contract.raw]
        declared = next((place["x-cors"] for place in places if "x-cors" in place), None)
        return None if declared is None else tuple(declared["origins"])

    @property
    def cache(self) -> Json | None:
        """The x-cache key, if any."""
        return self.raw.get("x-cache")

    @cached_property
    def success(self) -> int:
        """The first documented 2xx status."""
        return min(int(status) for status in self.raw["responses"] if status.startswith("2"))

    def response(self, status: int) -> Json:
        """Return the documented response, resolved, or an empty one."""
        return self.contract.resolve(self.raw["responses"].get(str(status), {}))

    def most_items(self, member: str) -> int:
        """Return how many items a list in the answer may have."""
        content = self.response(self.success)["content"]["application/json"]
        return int(self.contract.resolve(content["schema"])["properties"][member]["maxItems"])


class Contract:
    """The whole document."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        limits = raw.get("x-rate-limit", {})
        self.policies = {name: Policy(name, **policy) for name, policy in limits.get("policies", {}).items()}
        self.default = self._named(limits["default"], "x-rate-limit.default") if "default" in limits else None
        self.size_limits: dict[str, int] = raw.get("x-size-limits", {})
        self.base_path = str(raw["servers"][0]["url"])
        self.operations = {operation.id: operation for operation in self._operations()}
        root = raw.get("x-cors")
        self.origins: tuple[str, ...] | None = tuple(root["origins"]) if root else None
        self.origin_groups = self._origin_groups()
        self._check_access()
        self._check_limits()
        self.unrouted = self.limits_of(limits, "x-rate-limit", "unrouted")

    @classmethod
    def load(cls, path: Path) -> "Contract":
        """
        Read the document from a YAML file.

        Raises ContractError with file and line.
        """
        try:
            text = path.read_text()
            raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            if not isinstance(raw, dict):
                raise ContractError(f"{path.name}: this is no OpenAPI document: it must begin with `openapi: 3.0.3`")
            if old_name := find_old_name(raw, text):
                raise ContractError(f"{path.name}:{old_name}")
            return cls(raw)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContractError(f"{path.name}:{line}: {error.problem}") from None
        except (KeyError, TypeError, IndexError) as error:
            raise ContractError(f"{path.name}: {error} is missing or has the wrong shape") from None

    def resolve(self, node: Json) -> Json:
        """Follow `$ref` until something else stands there."""
        while "$ref" in node:
            target: Any = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def limits_of(self, holder: Json, place: str, key: str) -> tuple[Policy, ...]:
        """
        Return the policies that a key names, and those by default where the key is not there; an empty list means none.

        Raises ContractError for a name that is not defined, and where there is neither the key nor a default.
        """
        if key in holder:
            return self._named(holder[key], f"{place}: {key}")
        if self.default is None:
            raise ContractError(
                f"{place} has no {key}, and the document no x-rate-limit.default: name its limits, or [] for none"
            )
        return self.default

    def lifetime(self, member: str) -> int:
        """Return the longest lifetime, in seconds, that the log-in answer may announce in a member."""
        log_in = self.in_role("log-in")
        content = log_in.response(log_in.success)["content"]["application/json"]
        return int(self.resolve(content["schema"])["properties"][member]["maximum"])

    def in_role(self, role: str) -> Operation:
        """
        Return the operation that plays a part in signing in.

        Raises ContractError when none does.
        """
        for operation in self.operations.values():
            if operation.raw.get("x-auth-role", {}).get("role") == role:
                return operation
        raise ContractError(f"no operation has the x-auth-role {role}")

    def _operations(self) -> list[Operation]:
        return [
            Operation(item[method]["operationId"], method.upper(), path, item[method], self)
            for path, item in self.raw["paths"].items()
            for method in METHODS
            if method in item
        ]

    def _named(self, names: Any, place: str) -> tuple[Policy, ...]:
        if not isinstance(names, list):
            raise ContractError(f"{place} is no list: write the names of policies as [reads], or [] for none")
        for name in names:
            if name not in self.policies:
                raise ContractError(f"{place} names {name}, which x-rate-limit.policies does not define")
        return tuple(self.policies[name] for name in names)

    def _origin_groups(self) -> tuple[str, ...]:
        groups = {group for operation in self.operations.values() for group in operation.origins or ()}
        for group in groups | {*(self.origins or ())}:
            if not GROUP.fullmatch(group):
                raise ContractError(f"x-cors names the group {group}: a name has small letters, digits and hyphens")
        return tuple(sorted(groups | {*(self.origins or ())}))

    def _check_limits(self) -> None:
        # Found again by each operation; here an operation without limits stops the start.
        for operation in self.operations.values():
            self.limits_of(operation.raw, operation.id, "x-rate-limit")

    def _check_access(self) -> None:
        for operation in self.operations.values():
            if not operation.is_public and "x-access" not in operation.raw:
                raise ContractError(f"{operation.id} has neither `security: []` nor x-access: say who may call it")
            others = set(operation.raw.get("x-access", {}).get("allow", ())) - SERVED_CALLERS
            if others:
                names = ", ".join(sorted(others))
                raise ContractError(f"x-access of {operation.id} allows {names}, and users have no such role here")
