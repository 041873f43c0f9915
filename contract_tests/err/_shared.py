"""What several ERR laws use."""

from bookplate.contract import Operation
from bookplate.wire import Exchange

PROBLEM = "application/problem+json"


def is_error(exchange: Exchange) -> bool:
    """It has an error status, and content: an answer to HEAD has none."""
    return exchange.status >= 400 and exchange.method != "HEAD"


def is_problem(exchange: Exchange) -> bool:
    """It is an error in the form of RFC 9457."""
    return is_error(exchange) and exchange.media_type == PROBLEM


def declares_problems(operation: Operation) -> bool:
    """The document declares for some answer of it that it is a problem (RFC 9457), or errors of the service were seen to be."""
    is_declared = any(PROBLEM in response.content for response in operation.responses.values())
    return is_declared or operation.facts.problems is not None
