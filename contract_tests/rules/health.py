"""Health: a word about the service that anybody can have at any time, and that is true."""

import re

from ..accounts import told
from ..fault import Answer, Request
from ..operation import Operation
from ..rule import Violation, experiment
from ..shelf import Shelf
from ..surfaces import lifetime

DRAFT = "draft-inadarei-api-health-check-06"
GOOD = ("pass", "ok", "up", "healthy", "warn", "degraded")
BAD = ("fail", "error", "down", "unhealthy", "unavailable", "critical")
SECRETS = re.compile(r"\w://[^/\s:@\"]+:[^/\s@\"]+@|\"\w*(password|secret|api_?key)\w*\"\s*:|/(etc|home|var)/\w", re.I)


def is_health(operation: Operation) -> bool:
    return operation.method == "GET" and "health" in operation.raw.get("tags", ()) and not operation.secured


@experiment("HEALTH-01", source=f"{DRAFT}, section 3.1", applies=is_health)
def health_is_what_it_says(operation: Operation, shelf: Shelf) -> None:
    """Without a token, health is 2xx and says that it is good, or else neither, as documented, and tells no secret."""
    answer = shelf.client.call(operation)
    body, text = answer.json(), answer.body.decode("utf-8", "replace")
    says = str(body.get("status", "")).lower() if isinstance(body, dict) else ""
    declared = operation.responses.get(str(answer.status), operation.responses.get("default"))
    if declared is None or answer.status in (401, 403):
        raise Violation(told(answer), expected="a documented answer, without a token", exchanges=[answer])
    if "content" in declared and answer.media_type not in declared["content"]:
        raise Violation(f"media type '{answer.media_type}'", expected=min(declared["content"]), exchanges=[answer])
    if says in (BAD if answer.status < 300 else GOOD) or SECRETS.search(text):
        raise Violation(f"{answer.status} says {text[:120]}", expected="the truth, and no secret", exchanges=[answer])


@experiment("HEALTH-02", source=f"{DRAFT}, section 5; #/paths", applies=is_health, limits=True)
def health_can_be_asked_at_any_time(operation: Operation, shelf: Shelf) -> None:
    """Where nothing else is declared, health has no limit, is as new as its Cache-Control says, and minds no bad token."""
    others = () if operation.policies else shelf.document.policies.values()
    quotas = [policy.quota for policy in others if policy.quota <= 100]
    address, bad = shelf.accounts.fresh_address(), {"Authorization": "Bearer of-nothing"}
    answers = [shelf.client.call(operation, address=address, wait=False) for _ in range(max(quotas, default=0) + 1)]
    answers += [shelf.client.call(operation, headers=bad, wait=False)] if "401" not in operation.responses else []
    cache = shelf.document.resolve(operation.responses.get("200", {}).get("headers", {}).get("Cache-Control", {}))
    allowed = re.findall(r"max-age=(\d+)", str(cache)) if cache else [lifetime(answers[0])]
    for count, answer in enumerate(answers, start=1):
        if answer.status != answers[0].status or (quotas and answer.header("ratelimit")):
            shown = answers[:count]
            raise Violation(told(answer), expected=f"{answers[0].status}, and no limit", exchanges=shown)
        if lifetime(answer) > max(map(int, allowed), default=0):
            raise Violation(f"may be used for {lifetime(answer)} s", expected="as declared", exchanges=[answer])


@health_is_what_it_says.broken_by
def ill_and_fine(request: Request, answer: Answer) -> None:
    """The body says `fail`, the status 200."""
    if "/health" in request.path:
        answer.put(status="fail")


@health_is_what_it_says.broken_by
def fine_and_ill(request: Request, answer: Answer) -> None:
    """The status is 503, the body says that all is well."""
    answer.status = 503 if "/health" in request.path else answer.status


@health_is_what_it_says.broken_by
def health_is_for_members(request: Request, answer: Answer) -> None:
    """Health asks for a token."""
    answer.status = 401 if "/health" in request.path else answer.status


@health_is_what_it_says.broken_by
def health_shows_the_store(request: Request, answer: Answer) -> None:
    """Health says where the store is, and how to get in."""
    if "/health" in request.path:
        answer.put(database="postgresql://books:hunter2@db/books")


@health_can_be_asked_at_any_time.broken_by
def health_is_kept(request: Request, answer: Answer) -> None:
    """Health may be used for five minutes."""
    answer.headers["cache-control"] = "max-age=300"


@health_can_be_asked_at_any_time.broken_by
def health_has_a_limit(request: Request, answer: Answer) -> None:
    """Health is limited as reading is."""
    answer.become(429, where="/health" in request.path and request.times("health") > 60)
