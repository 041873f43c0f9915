"""RATE-04: ratelimit fields agree."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from bookplate import NotExercised, expect, fault, invariant, said
from bookplate.contract import Document, Operation, Policy
from bookplate.faults import Answer, Request
from bookplate.fixtures import announced
from bookplate.wire import Exchange

from ._shared import DRAFT, announces


def has_ratelimit(exchange: Exchange) -> bool:
    return exchange.header("ratelimit") is not None


@invariant("RATE-04", source=DRAFT, when=has_ratelimit, applies=announces)
def ratelimit_fields_agree(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """
    RateLimit names policies of the operation, with r <= q, t <= w, and w as the document says.

    r is how many requests are left, t in how many seconds the window ends. q, the quota, and w, the window, stand in
    RateLimit-Policy. In a 429 the Retry-After is no earlier than the t of the policy that refuses. Where the document says
    that all policies are announced, each field of a success names every policy that counts the request.

    Why it matters: clients slow down by these numbers. With more left than there was, or with a date in place of
    seconds, they send too fast or stop for years.

    To mend it: write RateLimit from the counters that decide, in the same step: what is left is never above the
    quota, and the time is in seconds from now. Name each policy as the document does, with its own window.
    """
    counted = counting(exchange, operation, document)
    windows = {policy.name: policy.window for policy in counted}
    if not windows:
        raise NotExercised("no policy counts the request")
    remaining = announced(exchange, policies=counted)
    policies = announced(exchange, "ratelimit-policy", counted)

    are_all_known = operation is None or operation.facts.policies is None
    for name, parameters in remaining.items():
        window = windows.get(name)
        if window is None and not are_all_known:
            continue  # policies that were read off answers are those that were seen, and there may be more
        numbers = numbers_of(parameters, policies.get(name, {}), window, has_policies=bool(policies))
        expected = f"r <= q and t <= w = {window or 'that of a policy of the operation'}"
        expect.that(numbers.agree(window), f'"{name}": {numbers}', expected=expected)

    if document.limits.announces_all and operation is not None and exchange.status < 400:
        counts = {policy.name for policy in operation.policies if policy.by != "body"}
        expect_all_named(counts, {"RateLimit": remaining, "RateLimit-Policy": policies})
    ends = [parameters.get("t", 0) for parameters in remaining.values() if parameters.get("r") == 0]
    retry_after = exchange.header("retry-after") or ""
    if exchange.status == 429 and ends and retry_after.isdigit():
        observed = f"Retry-After asks to wait {retry_after} s, and RateLimit announces the end of a window in {min(ends)} s (t)"
        expect.that(int(retry_after) >= min(ends), observed, expected="a Retry-After no earlier than t")


def expect_all_named(counts: Set[str], fields: Mapping[str, Mapping[str, Any]]) -> None:
    """Expect each of these fields, where it names any policy, to name every one that counts a request."""
    for field, named in fields.items():
        missing = sorted(counts - named.keys()) if named else []
        expect.that(not missing, f"{field} does not name {', '.join(missing)}", expected="every policy that counts")


def counting(exchange: Exchange, operation: Operation | None, document: Document) -> Sequence[Policy]:
    """Return the policies that may count a request: any, where it led to no operation or to no item."""
    if operation is None or exchange.status in (404, 405) or is_elsewhere(exchange, operation):
        return list(document.policies.values())
    return operation.policies


def is_elsewhere(exchange: Exchange, operation: Operation) -> bool:
    """Tell whether a path has an argument that its schema does not allow, so that it may lead to no operation."""
    template = operation.path.split("/")
    path = exchange.path.split("/")[-len(template) :]
    schemas = {f"{{{each.name}}}": each.schema for each in operation.path_parameters}
    arguments = [(schemas[segment], text) for segment, text in zip(template, path, strict=False) if segment in schemas]
    return any(not (schema.allows(text) or schema.allows(number_in(text))) for schema, text in arguments)


def number_in(text: str) -> int | str:
    """Return the whole number that a text is; the text where it is none."""
    return int(text) if re.fullmatch("-?[0-9]{1,20}", text) else text


class Numbers(NamedTuple):
    """The numbers of one policy in both fields; each is a whole number where the fields are right."""

    q: Any
    w: Any
    r: Any
    t: Any

    def __str__(self) -> str:
        numbers = self._asdict().items()
        return ", ".join(f"no {name}" if number is None else f"{name}={said(number)}" for name, number in numbers)

    def agree(self, window: int | None) -> bool:
        """Tell whether they are whole numbers that fit each other and the documented window."""
        if any(type(number) is not int for number in self):
            return False
        return bool(0 <= self.r <= self.q and 0 <= self.t <= self.w == window)


def numbers_of(
    remaining: Mapping[str, Any], policy: Mapping[str, Any], window: int | None, *, has_policies: bool
) -> Numbers:
    """Return the numbers of a policy: from RateLimit, else from RateLimit-Policy, else those that change nothing."""
    numbers = {"w": window, "t": 0, **policy, **remaining}
    if not has_policies:
        # Without a RateLimit-Policy there is no q to compare with.
        numbers.setdefault("q", remaining.get("r"))
    return Numbers(numbers.get("q"), numbers.get("w"), numbers.get("r"), numbers.get("t"))


@fault(ratelimit_fields_agree)
def more_is_left_than_there_was(request: Request, answer: Answer) -> None:
    """RateLimit announces more requests left than the quota has."""
    answer.edit("ratelimit", r"r=\d+", "r=999999999")


@fault(ratelimit_fields_agree)
def policy_has_an_undocumented_name(request: Request, answer: Answer) -> None:
    """RateLimit names a policy that the document does not have."""
    answer.edit("ratelimit", '"[a-z-]+"', '"default"')


@fault(ratelimit_fields_agree)
def reset_is_a_date(request: Request, answer: Answer) -> None:
    """The t of RateLimit is a time since 1970, not a number of seconds to wait."""
    answer.edit("ratelimit", r"t=\d+", "t=1790000000")


@fault(ratelimit_fields_agree)
def windows_of_a_day_are_not_announced(request: Request, answer: Answer) -> None:
    """RateLimit leaves out the policies whose window is a day."""
    answer.edit("ratelimit", r', "[a-z]+-day"[^,]*', "")


@fault(ratelimit_fields_agree, statuses=(404,))
def retry_after_is_earlier_than_the_window(request: Request, answer: Answer) -> None:
    """Retry-After is earlier than the end of the window that refuses."""
    answer.edit("ratelimit", r"r=\d+;t=\d+", "r=0;t=9")
    answer.become(429)
    answer.headers["retry-after"] = "8"
