"""What several ERR laws use."""

from bookplate.contract import Operation
from bookplate.wire import Exchange


def is_error(exchange: Exchange) -> bool:
    return exchange.status >= 400 and exchange.method != "HEAD"


def declares_problems(operation: Operation) -> bool:
    return any("application/problem+json" in answer.content for answer in operation.responses.values())


def is_problem(exchange: Exchange) -> bool:
    return is_error(exchange) and exchange.media_type == "application/problem+json"
