"""CORS-04: declared headers are exposed."""

from bookplate import SHOULD, Violation, experiment, fault
from bookplate.contract import Operation, is_open_to_pages
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, ask, listed, origins_of, reading, to_name

from ._shared import BAD_TOKEN

READABLE = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}


@experiment("CORS-04", source="OWASP API8:2023; #/paths", level=SHOULD, applies=is_open_to_pages)
def test_declared_headers_are_exposed(operation: Operation, resources: Resources) -> str:
    """Pages of an allowed origin can read every declared header of an answer: Access-Control-Expose-Headers names it."""
    if not (origins := origins_of(operation, resources.users.config)):
        return to_name(operation)
    origin = origins[0]
    answer = ask(resources, operation, operation.method, {"Origin": origin} | BAD_TOKEN)
    if operation.method == "GET":
        prepared = reading(resources, operation)
        answer = resources.ask(prepared, prepared.caller if operation.secured else None, {"Origin": origin})
    declared = operation.response(answer.status).headers.keys()
    exposed = listed(answer, "access-control-expose-headers")
    hidden = (declared & {name for name, _ in answer.headers}) - READABLE - exposed
    if hidden and "*" not in exposed:
        raise Violation(f"{min(hidden)} is not exposed", expected="it is named", exchanges=[answer])
    return ""


@fault(test_declared_headers_are_exposed)
def nothing_is_exposed(request: Request, answer: Answer) -> None:
    """Access-Control-Expose-Headers is left out."""
    answer.headers.pop("access-control-expose-headers", None)
