"""Limits: the announced quota, no less and no more."""

from collections import Counter
from collections.abc import Generator

from ..fault import Answer, Request
from ..limits import Limits
from ..operation import is_limited
from ..rule import NotChecked, Violation, experiment


@experiment("RATE-01", source="#/x-rate-limit", applies=is_limited, limits=True)
def quotas_are_exact(limits: Limits) -> str:
    """A caller gets exactly the announced quota of a window: the first q requests are admitted, the next one is not."""
    policies = list(limits.reachable())
    if not policies:
        raise NotChecked(limits.unreached())
    for policy in policies:
        answers = limits.spend(policy, policy.quota + 1)

        if sum(answer.seconds for answer in answers) > policy.window:
            raise NotChecked(f"{policy.name}: {policy.quota} requests take longer than a window")
        refused = [number for number, answer in enumerate(answers, start=1) if answer.status == 429]
        if not refused:
            observed = f"{policy.name}: {len(answers)} requests, none refused"
            raise Violation(observed, expected=f"request {policy.quota + 1} answered 429", exchanges=answers[-1:])
        if refused[0] <= policy.quota:
            observed = f"{policy.name}: request {refused[0]} of a fresh caller refused"
            raise Violation(
                observed, expected=f"{policy.quota} admitted", exchanges=answers[refused[0] - 1 : refused[0]]
            )
    return limits.unreached()


@quotas_are_exact.broken_by
def limiter_is_off(request: Request) -> Generator[None, Answer, None]:
    """Nobody is ever refused."""
    answer = yield
    if answer.status == 429:
        answer.become(400)


@quotas_are_exact.broken_by
def quota_is_short(request: Request) -> Generator[None, Answer, None]:
    """Every third request of a caller is refused."""
    caller = request.client + request.headers.get("authorization", "")
    times = request.memory.setdefault("times", Counter())
    times[caller] += 1
    answer = yield
    if times[caller] % 3 == 0:
        answer.become(429)


@quotas_are_exact.broken_by
def refused_requests_are_free(request: Request) -> Generator[None, Answer, None]:
    """Who only makes mistakes is never refused."""
    answer = yield
    free = request.memory.setdefault("free", Counter())
    if answer.status == 429 and free[request.client] < 3:
        free[request.client] += 1
        answer.become(422)
