"""Limits: the announced quota, no less and no more, and what answers say of it."""

import re

from ..accounts import told
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..limits import DEAREST, Limits
from ..operation import Operation, Policy, is_limited
from ..rule import NotChecked, Violation, experiment, invariant

STORABLE = re.compile(r"\bpublic\b|\bs-maxage=|\bmax-age=(?!0)")
# What of Retry-After is waited out, so that not only a clock of ours says that it is true.
REALLY = 2


@experiment("RATE-01", source="#/x-rate-limit", applies=is_limited, limits=True)
def quotas_are_exact(limits: Limits) -> str:
    """
    A caller gets exactly the announced quota of a window: the first q requests are admitted, the next one is not.

    A longer window is put to the test at one operation, with pauses in which the shorter ones end.
    """
    for policy in limits.reachable():
        answers = limits.spend(policy, policy.quota + 1)
        if sum(answer.seconds for answer in answers) > policy.window:
            raise NotChecked(f"{policy.name}: {policy.quota} requests take longer than a window")
        last_alone_is_refused(policy, answers)
    said = [limits.elsewhere_longer()]
    for policy in limits.longer():
        try:
            answers = limits.send_with_pauses(limits.spender(policy), policy, policy.quota + 1)
            last_alone_is_refused(policy, answers, most=2)
        except NotChecked as reason:
            # The shortest window was put to the test.
            said.append(f"not checked: {policy.name}: {reason}")
    return "; ".join(filter(None, said))


def last_alone_is_refused(policy: Policy, answers: list[Exchange], *, most: int = DEAREST + 1) -> None:
    """Raise Violation where the first refusal is not that of the request after the quota; show at most so many exchanges."""
    first = next((number for number, answer in enumerate(answers, start=1) if answer.status == 429), 0)
    if first != policy.quota + 1:
        observed = f"{policy.name}: {f'request {first}' if first else 'none'} of {len(answers)} is refused"
        shown = answers[: first or None][-most:]
        raise Violation(observed, expected=f"request {policy.quota + 1} is", exchanges=shown)


@quotas_are_exact.broken_at(429)
def limiter_is_off(request: Request, answer: Answer) -> None:
    """Nobody is ever refused."""
    answer.become(400)


@quotas_are_exact.broken_by
def quota_is_short(request: Request, answer: Answer) -> None:
    """Every third request of a caller is refused."""
    caller = (request.client, request.headers.get("authorization"))
    answer.become(429, where=request.times(caller) % 3 == 0)


@quotas_are_exact.broken_at(429)
def longer_windows_never_refuse(request: Request, answer: Answer) -> None:
    """Of several windows at once only the shortest is kept."""
    several = "," in answer.headers.get("ratelimit", ",")
    answer.become(404, where=several and int(answer.headers.get("retry-after", "0")) > 60)


@quotas_are_exact.broken_at(429)
def refused_requests_are_free(request: Request, answer: Answer) -> None:
    """Who only makes mistakes is never refused."""
    answer.become(422, where=request.times(request.client) <= 3)


def retry_after(answer: Exchange) -> int | None:
    """Return the seconds that an answer asks to wait; None where it does not ask, Violation where it is unreadable."""
    text = answer.header("retry-after")
    if text is None or (text.isascii() and text.isdigit()):
        return None if text is None else int(text)
    try:
        return answer.until(text)
    except (ValueError, TypeError) as problem:
        raise Violation(f"Retry-After is '{text}'", expected="whole seconds or a date") from problem


def expires(answer: Exchange) -> bool:
    """Tell whether an answer has an Expires yet to come: what is no date is past (RFC 9111, section 5.3)."""
    try:
        return answer.until(answer.header("expires") or "") > 0
    except (ValueError, TypeError):
        return False


def is_refusal(exchange: Exchange) -> bool:
    return exchange.status == 429


@invariant("RATE-02", source="RFC 6585, section 4; RFC 9110, section 10.2.3", when=is_refusal, applies=is_limited)
def refusals_say_when(exchange: Exchange, operation: Operation | None, document: Document) -> None:
    """A 429 has a valid Retry-After where that is documented, and no lifetime in caches."""
    wait = retry_after(exchange)
    if wait is None and operation and "Retry-After" in operation.responses.get("429", {}).get("headers", {}):
        raise Violation("the 429 has no Retry-After", expected="a Retry-After, as documented")
    cache = (exchange.header("cache-control") or "").lower()
    if "no-store" not in cache and (STORABLE.search(cache) or expires(exchange)):
        raise Violation(f"the 429 may be stored: '{cache}'", expected="no lifetime, or no-store")


@refusals_say_when.broken_at(429)
def refusal_without_a_hint(request: Request, answer: Answer) -> None:
    """Who is refused is not told until when."""
    answer.headers.pop("retry-after", None)


@refusals_say_when.broken_at(429)
def hint_is_a_fraction(request: Request, answer: Answer) -> None:
    """Retry-After has decimal places."""
    answer.headers["retry-after"] = "2.5"


@refusals_say_when.broken_at(429)
def refusals_are_cached(request: Request, answer: Answer) -> None:
    """The lifetime for reads stands on refusals too."""
    answer.headers["cache-control"] = "public, max-age=60"


@experiment("RATE-03", source="RFC 6585, section 4; RFC 9110, section 10.2.3", applies=is_limited, limits=True)
def waiting_as_told_is_enough(limits: Limits) -> str:
    """Who waits as long as Retry-After says is admitted, and who waits less than half as long is not."""
    quickest = min(limits.shelf.document.policies.values(), key=lambda policy: policy.window)
    for policy in limits.own():
        spender, answers = limits.exhausted(policy)
        told_ = retry_after(answers[-1])
        outlived = spender.headers and spender.account and spender.account.expires_in <= (told_ or 0)
        if told_ is None or outlived:
            raise NotChecked(f"{policy.name}: no Retry-After, or one later than the end of the caller's token")
        early = (told_ - 1) // 2 if told_ > 2 * REALLY else 0
        for wait, still in [(early, True), (told_ - early, False)][not early :]:
            limits.let_pass(wait, really=0 if still or policy is not quickest else REALLY)
            answers.append(spender.send())
            if (answers[-1].status == 429) != still:
                if not still and early and (retry_after(answers[-2]) or 0) >= told_:
                    raise NotChecked(f"{policy.name} does not follow the clock that the suite moves")
                waited = early if still else told_
                observed = f"{policy.name}: {told(answers[-1])} {waited} s after the answer that says {told_}"
                raise Violation(observed, expected="429" if still else "not 429", exchanges=answers[-2:])
    return limits.elsewhere()


@waiting_as_told_is_enough.broken_at(429)
def hint_is_a_second(request: Request, answer: Answer) -> None:
    """Retry-After is a constant."""
    answer.headers["retry-after"] = "1"


@waiting_as_told_is_enough.broken_by
def window_never_ends(request: Request, answer: Answer) -> None:
    """Who has been refused once is refused for ever."""
    if request.before(request.client, answer.status == 429) and answer.status != 429:
        answer.become(429)
        answer.headers["retry-after"] = "1"
