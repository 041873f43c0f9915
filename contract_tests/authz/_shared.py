"""What several AUTHZ laws use."""

from dataclasses import replace

from bookplate import Violation
from bookplate.fixtures import PreparedRequest, Resources, User
from bookplate.wire import succeeded


def refused_to(strangers: list[User], allowed: PreparedRequest, resources: Resources) -> None:
    """Let strangers send what somebody may: it is refused and changes nothing; then let the one who may."""
    operation, reads = allowed.operation, [resources.read(allowed)] if allowed.item else []
    tag = next((answer.header("etag") for answer in reads), None) or "*"
    refusal = operation.refusal
    for stranger in strangers:
        attempt = resources.write(replace(allowed, caller=stranger), tag)
        shown = [attempt, *(resources.read(allowed) for _ in reads)]
        if attempt.status != refusal:
            raise Violation(f"{stranger.name} may not: {attempt.describe()}", expected=str(refusal), exchanges=shown)
        if [answer.json() for answer in shown[1:]] != [answer.json() for answer in reads]:
            raise Violation(f"{stranger.name} was refused and changed it", expected="no effect", exchanges=shown)
    succeeded(resources.write(allowed, tag), "who may cannot do it either")
