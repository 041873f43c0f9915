"""The overlay that `bookplate init` writes: what is confirmed, what is guessed, and what is open."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..contract.access import Access
from ..contract.document import Document
from ..contract.extensions import ACCESS, AUTH_ROLE, CACHE, ORIGINS, RATE_LIMIT, AuthRole, CacheTerms, Policy
from ..contract.facts import Fact, Origin
from ..contract.operation import Operation
from ..contract.pagination import PAGINATION, Pagination

ROOT = "$"
UNIQUE = "x-unique"
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


def entries_of(document: Document) -> Iterator[Entry]:
    """Yield what is inferred of a document, an entry for each fact."""
    yield from schemes_as_entries(document)
    yield from limits_as_entries(document)
    for operation in document.operations:
        facts = operation.facts
        if facts.auth_role is not None:
            yield from entry(operation, AUTH_ROLE, facts.auth_role, role_as_key(facts.auth_role.value))
        if facts.pagination is not None:
            yield from entry(operation, PAGINATION, facts.pagination, pagination_as_key(facts.pagination.value))
        if facts.access is not None:
            yield from entry(operation, ACCESS, facts.access, access_as_key(facts.access.value))
        yield from seen_as_entries(operation)
    yield from unique_as_entries(document)


def schemes_as_entries(document: Document) -> Iterator[Entry]:
    """Yield the security schemes that challenges name and the document does not."""
    challenges = document.seen.challenges
    if challenges:
        schemes = {name: {"type": "http", "scheme": scheme} for name, scheme in challenges.items()}
        said = f"a 401 has a challenge of {', '.join(challenges)}"
        yield Entry(ROOT, "components", {"securitySchemes": schemes}, said, is_confirmed=True)


def seen_as_entries(operation: Operation) -> Iterator[Entry]:
    """Yield what answers have shown of an operation, but for its limits, and what its path says of health."""
    facts = operation.facts
    if facts.security is not None:
        asked = [{name: list(scopes) for name, scopes in each.items()} for each in facts.security.value]
        yield from entry(operation, "security", facts.security, asked)
    if facts.origins is not None:
        yield from entry(operation, ORIGINS, facts.origins, {"origins": list(facts.origins.value)})
    if facts.cache is not None:
        yield from entry(operation, CACHE, facts.cache, cache_as_key(facts.cache.value))
    if facts.health is not None:
        yield from entry(operation, "tags", facts.health, ["health"])


def unique_as_entries(document: Document) -> Iterator[Entry]:
    """Yield each member that looks as if no two items shared it, once, where its schema stands."""
    written: set[str] = set()
    for operation in document.operations:
        fact = operation.facts.unique
        for name in fact.value if fact is not None else ():
            schema = operation.members[name]
            if fact is not None and schema.pointer and schema.pointer not in written:
                written.add(schema.pointer)
                said = f"{fact.evidence}; write two spellings of one value"
                value = {"equivalent": [f"{name}-1", f"{name}-1"]}
                yield Entry(path_of(schema.pointer), UNIQUE, value, said, is_confirmed=False)


def path_of(pointer: str) -> str:
    """Return the JSONPath of a JSON pointer (RFC 9535, section 2.3.1)."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return ROOT + "".join("['{}']".format(step.replace("\\", "\\\\").replace("'", "\\'")) for step in steps)


def entry(operation: Operation, key: str, fact: Fact[Any], value: Any) -> Iterator[Entry]:
    """Yield what to write for a fact; nothing where the document says it itself."""
    if not fact.is_declared:
        yield Entry(target_of(operation), key, value, fact.evidence, fact.origin is Origin.CONFIRMED)


def target_of(operation: Operation) -> str:
    """Return the JSONPath of an operation (RFC 9535)."""
    path = operation.path.replace("\\", "\\\\").replace("'", "\\'")
    return f"$.paths['{path}'].{operation.method.lower()}"


def limits_as_entries(document: Document) -> Iterator[Entry]:
    """Yield the policies that answers have announced, and which of them each operation has named."""
    limited = [each for each in document.operations if each.facts.policies is not None]
    policies = {policy.name: policy_as_key(policy) for each in limited for policy in each.policies}
    if policies:
        said = "RateLimit-Policy says limit and window; by whom requests are counted is a guess"
        yield Entry(ROOT, RATE_LIMIT, {"policies": policies}, said, is_confirmed=False)
    for each in limited:
        names = [policy.name for policy in each.policies]
        yield Entry(target_of(each), RATE_LIMIT, names, f"RateLimit-Policy of {each.id}", is_confirmed=False)


def policy_as_key(policy: Policy) -> dict[str, Any]:
    return {"limit": policy.limit, "window": policy.window, "by": policy.by}


def cache_as_key(cache: CacheTerms) -> dict[str, Any]:
    return without_nothing({"store": cache.store, "max-staleness": cache.max_staleness, "bypass": cache.bypass})


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
