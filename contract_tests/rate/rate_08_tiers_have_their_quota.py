"""RATE-08: tiers have their quota."""

from collections.abc import Mapping
from dataclasses import replace

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, announced, promises
from bookplate.wire import succeeded


def announces_tiers(operation: Operation) -> bool:
    tiered = any(isinstance(policy.limit, Mapping) for policy in operation.policies)
    return tiered and promises(operation, operation.success.status, "ratelimit-policy")


@experiment("RATE-08", source="#/x-rate-limit", applies=announces_tiers)
def test_tiers_have_their_quota(operation: Operation, resources: Resources) -> None:
    """Whoever is moved to another tier is announced that tier's quota, in proportion to the others as documented."""
    tiered = ((each, each.limit) for each in operation.policies if isinstance(each.limit, Mapping))
    policy, limit = next(tiered)
    name, member = policy.name, (policy.tier or "").rpartition("/")[2]
    patches = (each for each in resources.document.operations if each.method == "PATCH")
    mover = next((each for each in patches if member in each.members), None)
    if mover is None:
        raise NotChecked("no operation of the document changes the tier of an account")
    prepared = resources.prepare(mover)
    caller = prepared.item.owner if prepared.item else prepared.caller
    answers = []
    for tier in limit:
        moved = resources.write(prepared, resources.read(prepared).header("etag"), {member: tier})
        succeeded(moved, "the tier cannot be changed")
        answers.append(resources.call(replace(prepared, operation=operation, item=None), caller.headers()))
    quotas = [announced(answer, "ratelimit-policy").get(name, {}).get("q", 0) for answer in answers]
    if len({quota / told_ for quota, told_ in zip(quotas, limit.values(), strict=True)} | {0.0}) != 2:
        raise Violation(f"q is {quotas}", expected=f"as {list(limit.values())}", exchanges=answers)


@fault(test_tiers_have_their_quota)
def tiers_are_ignored(request: Request, answer: Answer) -> None:
    """Everybody has the quota of the lowest tier."""
    answer.edit("ratelimit-policy", r"q=\d+", "q=10")
