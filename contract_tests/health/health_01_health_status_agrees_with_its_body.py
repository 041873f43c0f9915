"""HEALTH-01: health status agrees with its body."""

import re

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources

from ._shared import DRAFT, is_health

GOOD = ("pass", "ok", "up", "healthy", "warn", "degraded")


BAD = ("fail", "error", "down", "unhealthy", "unavailable", "critical")


SECRETS = re.compile(r"\w://[^/\s:@\"]+:[^/\s@\"]+@|\"\w*(password|secret|api_?key)\w*\"\s*:|/(etc|home|var)/\w", re.I)


@experiment("HEALTH-01", source=f"{DRAFT}, section 3.1", applies=is_health)
def test_health_status_agrees_with_its_body(operation: Operation, resources: Resources) -> None:
    """Without a token, health is 2xx and says that it is good, or else neither, as documented, and tells no secret."""
    answer = resources.client.call(operation)
    body, text = answer.json(), answer.body.decode("utf-8", "replace")
    says = str(body.get("status", "")).lower() if isinstance(body, dict) else ""
    declared = operation.responses.get(str(answer.status), operation.responses.get("default"))
    if declared is None or answer.status in (401, 403):
        raise Violation(answer.describe(), expected="a documented answer, without a token", exchanges=[answer])
    if declared.content and answer.media_type not in declared.content:
        raise Violation(f"media type '{answer.media_type}'", expected=min(declared.content), exchanges=[answer])
    if says in (BAD if answer.status < 300 else GOOD) or SECRETS.search(text):
        raise Violation(f"{answer.status} says {text[:120]}", expected="the truth, and no secret", exchanges=[answer])


@fault(test_health_status_agrees_with_its_body)
def ill_and_fine(request: Request, answer: Answer) -> None:
    """The body says `fail`, the status 200."""
    if "/health" in request.path:
        answer.put(status="fail")


@fault(test_health_status_agrees_with_its_body)
def fine_and_ill(request: Request, answer: Answer) -> None:
    """The status is 503, the body says that all is well."""
    answer.status = 503 if "/health" in request.path else answer.status


@fault(test_health_status_agrees_with_its_body)
def health_is_for_members(request: Request, answer: Answer) -> None:
    """Health asks for a token."""
    answer.status = 401 if "/health" in request.path else answer.status


@fault(test_health_status_agrees_with_its_body)
def health_shows_the_store(request: Request, answer: Answer) -> None:
    """Health says where the store is, and how to get in."""
    if "/health" in request.path:
        answer.put(database="postgresql://books:hunter2@db/books")
