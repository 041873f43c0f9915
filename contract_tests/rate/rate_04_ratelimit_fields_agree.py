"""RATE-04: ratelimit fields agree."""

from typing import Any

from bookplate import Violation, fault, invariant
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import announced
from bookplate.wire import Exchange

from ._shared import DRAFT, announces


@invariant("RATE-04", source=DRAFT, when=lambda each: each.header("ratelimit") is not None, applies=announces)
def ratelimit_fields_agree(exchange: Exchange, operation: Operation | None, document: Document) -> None:
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


@fault(ratelimit_fields_agree)
def more_is_left_than_there_was(request: Request, answer: Answer) -> None:
    """What is left is counted from another quota than the one announced."""
    answer.edit("ratelimit", r"r=\d+", "r=999999999")


@fault(ratelimit_fields_agree)
def policy_nobody_knows(request: Request, answer: Answer) -> None:
    """RateLimit names a policy as the code does, not as the document."""
    answer.edit("ratelimit", '"[a-z-]+"', '"default"')


@fault(ratelimit_fields_agree)
def reset_is_a_date(request: Request, answer: Answer) -> None:
    """The window ends at a time since 1970."""
    answer.edit("ratelimit", r"t=\d+", "t=1790000000")


@fault(ratelimit_fields_agree, statuses=(404,))
def hint_is_earlier_than_the_window(request: Request, answer: Answer) -> None:
    """Retry-After lies before the end of the window that refuses."""
    answer.edit("ratelimit", r"r=\d+;t=\d+", "r=0;t=9")
    answer.become(429)
    answer.headers["retry-after"] = "8"
