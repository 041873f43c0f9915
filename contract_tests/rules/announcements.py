"""Announcements: what answers say of quotas, and whether it is true."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..accounts import succeeded, told
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..limits import Limits
from ..operation import Operation, Policy
from ..ratelimit_fields import announced, promises
from ..rule import NotChecked, Violation, experiment, invariant
from ..shelf import Shelf

DRAFT = "draft-ietf-httpapi-ratelimit-headers-11"


def announces(operation: Operation) -> bool:
    return bool(operation.policies) and promises(operation, operation.success())


@invariant("RATE-04", source=DRAFT, when=lambda each: each.header("ratelimit") is not None, applies=announces)
def announcements_agree(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    RateLimit and RateLimit-Policy name policies of the operation, with r <= q, t <= w, and w as documented.

    Retry-After is no earlier than the t of the policy that refuses.
    """
    left, quotas = announced(exchange), announced(exchange, "ratelimit-policy")
    # What leads nowhere is counted by other policies.
    spent = document.policies.values() if operation is None or exchange.status in (404, 405) else operation.policies
    windows = {each.name: each.window for each in spent}
    if not windows:
        return
    for name, said in left.items():
        unsaid = {} if quotas else {"q": said.get("r")}  # without a RateLimit-Policy there is no q to compare with
        numbers: Any = {"w": windows.get(name), "t": 0, **unsaid, **quotas.get(name, {}), **said}
        q, w, r, t = (numbers.get(letter) for letter in "qwrt")
        if {type(q), type(w), type(r), type(t)} != {int} or not (0 <= r <= q and 0 <= t <= w == windows.get(name)):
            documented = windows.get(name, "that of a policy of the operation")
            raise Violation(f'"{name}": q={q}, w={w}, r={r}, t={t}', expected=f"r <= q and t <= w = {documented}")
    waits = [said.get("t", 0) for said in left.values() if said["r"] == 0]
    hint = exchange.header("retry-after") or ""
    if exchange.status == 429 and waits and hint.isdigit() and int(hint) < min(waits):
        raise Violation(f"Retry-After is {hint}, t is {min(waits)}", expected="a Retry-After no earlier than t")


@announcements_agree.broken_by
def more_is_left_than_there_was(request: Request, answer: Answer) -> None:
    """What is left is counted from another quota than the one announced."""
    answer.edit("ratelimit", r"r=\d+", "r=999999999")


@announcements_agree.broken_by
def policy_nobody_knows(request: Request, answer: Answer) -> None:
    """RateLimit names a policy as the code does, not as the document."""
    answer.edit("ratelimit", '"[a-z-]+"', '"default"')


@announcements_agree.broken_by
def reset_is_a_date(request: Request, answer: Answer) -> None:
    """The window ends at a time since 1970."""
    answer.edit("ratelimit", r"t=\d+", "t=1790000000")


@announcements_agree.broken_at(404)
def hint_is_earlier_than_the_window(request: Request, answer: Answer) -> None:
    """Retry-After lies before the end of the window that refuses."""
    answer.edit("ratelimit", r"r=\d+;t=\d+", "r=0;t=9")
    answer.become(429)
    answer.headers["retry-after"] = "8"


@experiment("RATE-05", source=f"{DRAFT}; #/x-rate-limit", applies=announces, limits=True)
def every_request_costs_one(limits: Limits) -> str:
    """
    The first r is the documented quota less one, and each request makes every r less by one.

    Refused requests, HEAD and answers 304 cost what others do, and of several windows each is announced as it is.
    """
    for policy in limits.own():
        spender, before = limits.spender(policy), dict[str, dict[str, Any]]()
        # What counts by the same key has not seen this caller either; an address, though, has signed somebody up.
        same = [each for each in limits.operation.policies if each.by == policy.by]
        fresh = {each.name: each.quota for each in same if each.by == "principal" or not spender.account}
        for count, form in enumerate(forms(limits, policy), start=1):
            answer = spender.send(**form)
            now = announced(answer)
            if not promises(limits.operation, answer.status) or answer.status == 429:
                raise NotChecked(f"{policy.name}: {told(answer)} announces nothing")
            asked = announced(answer, "ratelimit-policy").get(policy.name, {}).get("q")
            expected = {policy.name: policy.quota - count} | {name: said["r"] - 1 for name, said in before.items()}
            expected |= {name: fresh[name] - count for name in now.keys() & fresh.keys()}
            if asked != policy.quota or any(now.get(name, {}).get("r") != r for name, r in expected.items()):
                observed = f"request {count}: q={asked}, {answer.header('ratelimit')}"
                raise Violation(observed, expected=f"q={policy.quota}, r {expected}", exchanges=[answer])
            before = now if spender.address else {}
    return limits.elsewhere()


def forms(limits: Limits, policy: Policy) -> list[dict[str, Any]]:
    """Return requests good and bad, no more than a quota lets through."""
    query = limits.shelf.samples.query(limits.operation)
    found: list[dict[str, Any]] = [{"query": query}] * 3
    if policy.by != "body":
        found += [{"query": {**query, "no_such_parameter": "1"}}, {"query": query, "headers": {"If-None-Match": "*"}}]
    if limits.operation.method == "GET":
        found.append({"query": query, "form": replace(limits.operation, id="", method="HEAD")})
    return found[: policy.quota]


@every_request_costs_one.broken_by
def header_is_frozen(request: Request, answer: Answer) -> None:
    """What is left is announced once and stays so."""
    answer.edit("ratelimit", r"r=\d+", "r=4")


@every_request_costs_one.broken_by
def longer_window_is_not_counted(request: Request, answer: Answer) -> None:
    """Of several windows only the first is counted down."""
    answer.edit("ratelimit", r'(, "[a-z-]+";r)=\d+', r"\1=1000")


@every_request_costs_one.broken_by
def failures_are_free(request: Request, answer: Answer) -> None:
    """Only requests that succeed are counted."""
    if answer.status >= 400 and (left := re.search(r"r=(\d+)", answer.headers.get("ratelimit", ""))):
        answer.edit("ratelimit", left[0], f"r={int(left[1]) + 1}")


def announces_tiers(operation: Operation) -> bool:
    tiered = any(isinstance(policy.limit, Mapping) for policy in operation.policies)
    return tiered and promises(operation, operation.success(), "ratelimit-policy")


@experiment("RATE-08", source="#/x-rate-limit", applies=announces_tiers)
def each_tier_has_its_quota(operation: Operation, shelf: Shelf) -> None:
    """Whoever is moved to another tier is announced that tier's quota, in proportion to the others as documented."""
    name, limit = next((each.name, each.limit) for each in operation.policies if isinstance(each.limit, Mapping))
    member = shelf.document.raw["x-rate-limit"]["policies"][name].get("tier", "").rpartition("/")[2]
    patches = (each for each in shelf.document.operations if each.method == "PATCH")
    mover = next((each for each in patches if member in shelf.document.members(each)), None)
    if mover is None:
        raise NotChecked("no operation of the document changes the tier of an account")
    visit = shelf.visit(mover)
    caller = visit.item.owner if visit.item else visit.caller
    answers = []
    for tier in limit:
        moved = shelf.write(visit, shelf.read(visit).header("etag"), {member: tier})
        succeeded(moved, "the tier cannot be changed")
        answers.append(shelf.call(replace(visit, operation=operation, item=None), caller.headers()))
    quotas = [announced(answer, "ratelimit-policy").get(name, {}).get("q", 0) for answer in answers]
    if len({quota / told_ for quota, told_ in zip(quotas, limit.values(), strict=True)} | {0.0}) != 2:
        raise Violation(f"q is {quotas}", expected=f"as {list(limit.values())}", exchanges=answers)


@each_tier_has_its_quota.broken_by
def tiers_are_ignored(request: Request, answer: Answer) -> None:
    """Everybody has the quota of the lowest tier."""
    answer.edit("ratelimit-policy", r"q=\d+", "q=10")
