"""CORS-03: errors are readable."""

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, has_body, is_conditional_read, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import ALLOW, Resources, ask, lets, origins_of, reading, to_name

from ._shared import BAD_TOKEN


@experiment("CORS-03", source="OWASP API8:2023; #/paths", applies=is_open_to_pages)
def test_errors_are_readable(operation: Operation, resources: Resources) -> str:
    """Pages of an allowed origin may read errors too: no token, no item, no such method, bad content; and a 304."""
    if not (origins := origins_of(operation, resources.users.config)):
        return to_name(operation)
    origin = origins[0]
    page, method = {"Origin": origin}, operation.method
    known = {"Content-Type": "text/plain"} | ({} if operation.role else resources.users.owner.headers())
    answers = [ask(resources, operation, "TRACE", page), ask(resources, operation, method, page | BAD_TOKEN)]
    if has_body(operation) or operation.path_parameters:
        answers.append(ask(resources, operation, method, page | known, b"{" if has_body(operation) else None))
    if is_conditional_read(operation):
        prepared = reading(resources, operation)
        answers.append(resources.ask(prepared, prepared.caller, page | {"If-None-Match": "*"}))
    for answer in answers:
        if answer.status >= 300 and not lets(answer, origin):
            raise Violation(f"{answer.status} cannot be read by {origin}", expected="it can", exchanges=[answer])
    return ""


@fault(test_errors_are_readable)
def errors_come_from_outside(request: Request, answer: Answer) -> None:
    """Errors, and 304, are answered outside of what adds the headers."""
    if answer.status >= 300:
        answer.headers.pop(f"{ALLOW}origin", None)
