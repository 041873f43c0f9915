"""CORS-01: preflights are answered."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import (
    ALLOW,
    SAFELISTED_METHODS,
    Resources,
    fields_of,
    lets,
    listed,
    methods,
    origins_of,
    preflight,
    to_name,
)


@experiment("CORS-01", source="OWASP API8:2023; #/paths", applies=is_open_to_pages)
def test_preflights_are_answered(operation: Operation, resources: Resources) -> str:
    """A preflight of an allowed origin, without credentials, is told that the operation's method and headers may come."""
    origins = origins_of(operation, resources.users.config)
    for origin in origins:
        fields = fields_of(operation)
        answer = preflight(resources, operation, origin, fields=fields)
        allowed = listed(answer, f"{ALLOW}headers")
        # `*` stands for every field but this one.
        missing = fields - allowed if "*" not in allowed else (fields & {"authorization"}) - allowed

        observed = ""
        if not 200 <= answer.status < 300:
            observed = f"answered {answer.status}"
        elif not lets(answer, origin):
            observed = f"not for {origin}"
        elif not (methods(answer) | SAFELISTED_METHODS) & {operation.method, "*"}:
            observed = f"not for {operation.method}"
        elif missing:
            observed = f"not for {min(missing)}"
        if observed:
            raise Violation(f"the preflight is {observed}", expected="a 2xx that allows it", exchanges=[answer])
    return "" if origins else to_name(operation)


@fault(test_preflights_are_answered)
def preflights_need_a_token(request: Request, answer: Answer) -> None:
    """A preflight without a token is answered 401."""
    answer.status = 401 if request.method == "OPTIONS" else answer.status


@fault(test_preflights_are_answered)
def nobody_may_change(request: Request, answer: Answer) -> None:
    """Methods that change something are not among the allowed."""
    answer.edit(f"{ALLOW}methods", ".+", "GET, POST, HEAD")


@fault(test_preflights_are_answered)
def tokens_may_not_come(request: Request, answer: Answer) -> None:
    """The allowed headers are `*`, which does not mean Authorization."""
    answer.edit(f"{ALLOW}headers", ".+", "*")
