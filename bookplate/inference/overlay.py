"""The overlay that `bookplate init` writes: what is confirmed, what is guessed, and what is open."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..contract.access import Access
from ..contract.document import Document
from ..contract.extensions import ACCESS, AUTH_ROLE, RATE_LIMIT, AuthRole
from ..contract.facts import Fact, Origin
from ..contract.operation import Operation
from ..contract.pagination import PAGINATION, Pagination
from .limits import Announced

ROOT = "$"
HEAD = """\
# What the document of this service does not say. Read it, mend it, and keep it beside your settings.
# It has three parts: what requests have confirmed, what names let guess, and what is open.
# A guess is commented out: until you remove the `#` of its lines, laws that rest on it only warn.
# To say that a guess is wrong, declare the key with nothing in it: x-pagination: {}
"""


@dataclass(frozen=True)
class Entry:
    """One thing to write: where, under which key, its value and the evidence; `is_confirmed` says whether it counts."""

    target: str
    key: str
    value: Any
    evidence: str
    is_confirmed: bool


def entries_of(document: Document, limits: Iterable[Announced]) -> Iterator[Entry]:
    """Yield what is inferred of a document, an entry for each fact."""
    for operation in document.operations:
        facts = operation.facts
        if facts.auth_role is not None:
            yield from entry(operation, AUTH_ROLE, facts.auth_role, role_as_key(facts.auth_role.value))
        if facts.pagination is not None:
            yield from entry(operation, PAGINATION, facts.pagination, pagination_as_key(facts.pagination.value))
        if facts.access is not None:
            yield from entry(operation, ACCESS, facts.access, access_as_key(facts.access.value))
    yield from limits_as_entries(limits)


def entry(operation: Operation, key: str, fact: Fact[Any], value: Any) -> Iterator[Entry]:
    """Yield what to write for a fact; nothing where the document says it itself."""
    if not fact.is_declared:
        yield Entry(target_of(operation), key, value, fact.evidence, fact.origin is Origin.CONFIRMED)


def target_of(operation: Operation) -> str:
    """Return the JSONPath of an operation (RFC 9535)."""
    path = operation.path.replace("\\", "\\\\").replace("'", "\\'")
    return f"$.paths['{path}'].{operation.method.lower()}"


def limits_as_entries(limits: Iterable[Announced]) -> Iterator[Entry]:
    policies: dict[str, dict[str, Any]] = {}
    named: list[tuple[Operation, list[str]]] = []
    for each in limits:
        for name, (limit, window) in each.policies.items():
            by = "principal" if each.operation.secured else "address"
            policies.setdefault(name, {"limit": limit, "window": window, "by": by})
        if each.policies:
            named.append((each.operation, list(each.policies)))
    if policies:
        said = "RateLimit-Policy says limit and window; by whom requests are counted is a guess"
        yield Entry(ROOT, RATE_LIMIT, {"policies": policies}, said, is_confirmed=False)
    for operation, names in named:
        yield Entry(target_of(operation), RATE_LIMIT, names, f"RateLimit-Policy of {operation.id}", is_confirmed=False)


def role_as_key(role: AuthRole) -> dict[str, Any]:
    members = ("identifier", "secret", "proof", "access", "refresh")
    told = {"role": role.role} | {name: getattr(role, name) for name in members}
    return without_nothing(told | {"expires-in": role.expires_in})


def access_as_key(access: Access) -> dict[str, Any]:
    via = access.via[0] if len(access.via) == 1 else list(access.via) or None
    own = access.own_account.written if access.own_account else None
    told = {"allow": list(access.allow), "owner": access.owner, "via": via, "self": own}
    return without_nothing(told | {"refusal": access.declared_refusal})


def pagination_as_key(page: Pagination) -> dict[str, Any]:
    told: dict[str, Any] = {"style": page.style, page.style: page.place, "size": page.size, "items": page.items}
    told |= {"key": page.key, "total": page.total, "next": page.next, "more": page.more, "first": page.first}
    if page.sort is not None:
        keys = {name: list(order) for name, order in page.sort.keys.items()}
        told["sort"] = {"parameter": page.sort.parameter, "keys": keys}
    if page.filters:
        told["filters"] = {name: {"at": each.place, "is": each.comparison} for name, each in page.filters.items()}
    return without_nothing(told)


def without_nothing(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def overlay_text(document: Document, entries: Iterable[Entry], open_ones: Iterable[str]) -> str:
    """Return the overlay as text."""
    known = list(entries)
    confirmed = [each for each in known if each.is_confirmed]
    guessed = [each for each in known if not each.is_confirmed]
    lines = [HEAD, "overlay: 1.0.0", f"info: {{title: {quoted(f'Laws for {document.info.title}')}, version: 1.0.0}}"]
    lines += ["actions:", "", "  # ── Confirmed by requests ──"]
    lines += [line for each in confirmed for line in action(each)]
    if not confirmed:
        lines += [
            "  # Nothing. This action changes nothing; an overlay needs one.",
            "  - target: $.info",
            "    update: {}",
        ]
    lines += ["", "  # ── Guessed: remove the `#` of what is right ──"]
    lines += [line if line.startswith("  #") else f"  #{line[1:]}" for each in guessed for line in action(each)]
    lines += ["", "  # ── Open: what to write to have more checked ──"]
    lines += [f"  # {line}" for line in open_ones]
    return "\n".join(lines) + "\n"


def action(each: Entry) -> list[str]:
    value = yaml.safe_dump(each.value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True)
    written = value.strip().removesuffix("...").strip()
    return [
        f"  # {' '.join(each.evidence.split())}",
        f"  - target: {quoted(each.target)}",
        "    update:",
        f"      {each.key}: {written}",
    ]


def quoted(text: str) -> str:
    """Return a text as YAML has it between quotes."""
    return json.dumps(text, ensure_ascii=False)
