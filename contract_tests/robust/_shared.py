"""What several ROBUST laws use."""

from typing import Any

from bookplate.contract import Operation, has_input, is_conditional_write
from bookplate.fixtures import PreparedRequest, Resources


def is_exposed(operation: Operation) -> bool:
    """It takes input, and nobody's account or session is spent by it."""
    return has_input(operation) and not operation.role


def acceptable_request(operation: Operation, resources: Resources) -> tuple[PreparedRequest, Any, dict[str, str]]:
    """Return what a request needs to be right: who sends it about what, a body, and the header of any tag."""
    tag = {"If-Match": "*"} if is_conditional_write(operation) else {}
    return resources.prepare(operation), resources.samples.body(operation), tag
