"""HEALTH-01: health tells the truth, and no secrets."""

import re

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, is_covered
from bookplate.faults import Answer, Request
from bookplate.wire import Client

from ._shared import DRAFT, is_health

PASSWORD_IN_URL = r"\w://[^/\s:@\"]+:[^/\s@\"]+@"
MEMBER_WITH_SECRET = r"\"\w*(password|secret|api_?key)\w*\"\s*:"
PATH_OF_SERVER = r"/(etc|home|var)/\w"
SECRETS = re.compile(rf"{PASSWORD_IN_URL}|{MEMBER_WITH_SECRET}|{PATH_OF_SERVER}", re.IGNORECASE)


@experiment("HEALTH-01", source=f"{DRAFT}, section 3.1", applies=is_health)
def test_health_status_agrees_with_its_body(operation: Operation, client: Client) -> None:
    """
    A health request without a token gets a documented answer whose status and body agree, and which has no secret.

    A body with the status `pass` or a synonym goes with 2xx, one with `fail` or a synonym with any other status.

    Why it matters: load balancers read the status and people read the body. Where the two differ, traffic goes
    to a service that is down, or away from one that works. Anyone can read the answer.

    To mend it: compute status and body from one result: 200 where it is well, 503 where it is not. Serve it without
    credentials, and write the names of parts and their state alone, never addresses or errors of drivers.
    """
    answer = client.call(operation)

    documented = operation.response_to(answer.status)
    media_types = documented.content if documented else {}
    text = answer.body.decode("utf-8", "replace")
    expect.no_status((401, 403), [answer], because="health asks for no token")
    expect.that(
        documented is not None,
        answer.describe(),
        expected="a documented answer",
        shown=[answer],
    )
    expect.that(
        not media_types or any(is_covered(each, answer.header("content-type")) for each in media_types),
        f"media type '{answer.media_type}'",
        expected=" or ".join(media_types),
        shown=[answer],
    )
    expect.that(
        reported_status(answer.json()) not in contradictions(answer.status),
        f"{answer.status} says {text[:120]}",
        expected="a body that agrees with the status",
        shown=[answer],
    )
    expect.that(
        SECRETS.search(text) is None,
        f"{answer.status} says {text[:120]}",
        expected="no password, key or path of the server",
        shown=[answer],
    )


def reported_status(body: object) -> str:
    """Return the `status` of a body, in lower case; an empty text where it has none."""
    if not isinstance(body, dict):
        return ""
    return str(body.get("status", "")).lower()


GOOD = ("pass", "ok", "up", "healthy", "warn", "degraded")
BAD = ("fail", "error", "down", "unhealthy", "unavailable", "critical")


def contradictions(status: int) -> tuple[str, ...]:
    """Return what a body does not say under a status."""
    return BAD if status < 300 else GOOD


@fault(test_health_status_agrees_with_its_body)
def failure_with_200(request: Request, answer: Answer) -> None:
    """The body says `fail`, and the status is 200."""
    if "/health" in request.path:
        answer.put(status="fail")


@fault(test_health_status_agrees_with_its_body)
def success_with_503(request: Request, answer: Answer) -> None:
    """The body says that all is well, and the status is 503."""
    if "/health" in request.path:
        answer.status = 503


@fault(test_health_status_agrees_with_its_body)
def health_needs_a_token(request: Request, answer: Answer) -> None:
    """Health answers 401."""
    if "/health" in request.path:
        answer.status = 401


@fault(test_health_status_agrees_with_its_body)
def health_shows_a_password(request: Request, answer: Answer) -> None:
    """Health shows the address of the database with user and password."""
    if "/health" in request.path:
        answer.put(database="postgresql://books:hunter2@db/books")
