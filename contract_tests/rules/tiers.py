"""Tiers: who pays for more is announced more."""

import re
from collections.abc import Mapping
from dataclasses import replace

from ..accounts import succeeded
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf


def announces_tiers(operation: Operation) -> bool:
    announced = "RateLimit-Policy" in operation.responses.get(operation.success(), {}).get("headers", {})
    return announced and any(isinstance(policy.limit, Mapping) for policy in operation.policies)


def quota_of(name: str, answer: Exchange) -> int:
    """Return the q that an answer announces for a policy, 0 where it announces none."""
    found = re.search(rf'"{re.escape(name)}"[^,]*; *q=(\d+)', answer.header("ratelimit-policy") or "")
    return int(found[1]) if found else 0


@experiment("RATE-08", source="#/x-rate-limit", applies=announces_tiers)
def each_tier_has_its_quota(operation: Operation, shelf: Shelf) -> None:
    """Whoever is moved to another tier is announced that tier's quota, in proportion to the others as documented."""
    name, limit = next((each.name, each.limit) for each in operation.policies if isinstance(each.limit, Mapping))
    member = shelf.document.raw["x-rate-limit"]["policies"][name].get("tier", "").rpartition("/")[2]
    patches = [each for each in shelf.document.operations if each.method == "PATCH"]
    schemas = [shelf.document.resolve(each.body_schema()) or {} for each in patches]
    movers = [each for each, schema in zip(patches, schemas, strict=True) if member in schema.get("properties", {})]
    if not movers:
        raise NotChecked("no operation of the document changes the tier of an account")
    visit = shelf.visit(movers[0])
    caller = visit.item.owner if visit.item else visit.caller
    answers = []
    for tier in limit:
        moved = shelf.write(visit, shelf.read(visit).header("etag"), {member: tier})
        succeeded(moved, "the tier cannot be changed")
        answers.append(shelf.call(replace(visit, operation=operation, item=None), caller.headers()))
    quotas = [quota_of(name, answer) for answer in answers]
    if len({quota / told_ for quota, told_ in zip(quotas, limit.values(), strict=True)} | {0.0}) != 2:
        raise Violation(f"q is {quotas}", expected=f"as {list(limit.values())}", exchanges=answers)


@each_tier_has_its_quota.broken_by
def tiers_are_ignored(request: Request, answer: Answer) -> None:
    """Everybody has the quota of the lowest tier."""
    if "ratelimit-policy" in answer.headers:
        answer.headers["ratelimit-policy"] = re.sub(r"q=\d+", "q=10", answer.headers["ratelimit-policy"])
