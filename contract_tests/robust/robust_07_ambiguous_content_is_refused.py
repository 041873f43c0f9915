"""ROBUST-07: ambiguous content is refused."""

import json
from urllib.parse import urlencode

from bookplate import SHOULD, Violation, experiment, fault
from bookplate.contract import Operation, has_body
from bookplate.faults import Request
from bookplate.fixtures import Resources, values
from bookplate.wire import Exchange

from ._shared import acceptable_request, is_exposed


def may_be_told_twice(operation: Operation) -> bool:
    searches = operation.method == "GET" and bool(operation.query_parameters) and not operation.path_parameters
    return is_exposed(operation) and (searches or has_body(operation))


@experiment("ROBUST-07", level=SHOULD, source="RFC 8259, section 4; OWASP API8:2023", applies=may_be_told_twice)
def test_ambiguous_content_is_refused(operation: Operation, resources: Resources) -> None:
    """Content that names a member twice, and a query that names a single-valued parameter twice, is refused with a 4xx."""
    prepared, body, tag = acceptable_request(operation, resources)
    answers: list[tuple[str, Exchange]] = []
    if isinstance(body, dict) and body:
        first = json.dumps(dict(list(body.items())[:1]))
        answers.append(
            ("a member", resources.call(prepared, tag, body=f"{first[:-1]}, {json.dumps(body)[1:]}".encode()))
        )
    for parameter in operation.query_parameters if operation.method == "GET" else ():
        name, allowed = parameter.name, values(parameter.schema)[:2]
        if len(allowed) > 1:
            pairs = [*resources.samples.query(operation).items(), *((name, str(value)) for value in allowed)]
            headers = [*prepared.caller.headers().items()] if operation.secured else []
            target = f"{operation.path}?{urlencode(pairs)}"
            answers.append((f"'{name}'", resources.client.send("GET", target, headers, operation=operation)))
    for what, answer in answers:
        if not 400 <= answer.status < 500:
            raise Violation(f"{what} stands twice: {answer.describe()}", expected="a 4xx", exchanges=[answer])


@fault(test_ambiguous_content_is_refused)
def the_last_one_wins(request: Request) -> None:
    """Of two members with one name the last is taken."""
    request.put()
