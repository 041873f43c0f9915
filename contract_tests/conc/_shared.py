"""What several CONC laws use."""

from bookplate.contract import Operation
from bookplate.wire import Exchange

# How many requests are sent at once.
AT_ONCE = 16
UNAVAILABLE = 503


def is_announced_pause(answer: Exchange, operation: Operation) -> bool:
    """It is a documented 503 that says when to come back."""
    return answer.status == UNAVAILABLE and operation.documents(UNAVAILABLE) and bool(answer.header("retry-after"))
