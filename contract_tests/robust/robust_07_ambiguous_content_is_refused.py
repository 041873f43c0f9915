"""ROBUST-07: ambiguous content is refused."""

import json
from typing import Any
from urllib.parse import urlencode

from bookplate import SHOULD, control, expect, experiment, fault
from bookplate.contract import Operation, Parameter, has_body
from bookplate.faults import Request
from bookplate.fixtures import Resources, User, plain_values
from bookplate.wire import Exchange

from ._shared import acceptable_request, is_exposed


def may_be_ambiguous(operation: Operation) -> bool:
    """Its JSON or its query can name something twice."""
    searches = operation.method == "GET" and len(operation.query_parameters) > 0 and not operation.path_parameters
    return is_exposed(operation) and (searches or takes_json(operation))


def takes_json(operation: Operation) -> bool:
    return operation.body is not None and operation.body.media_type.is_json


@experiment(
    "ROBUST-07",
    level=SHOULD,
    source="RFC 8259, section 4; OWASP API8:2023",
    owasp=("API8:2023",),
    applies=may_be_ambiguous,
)
def test_ambiguous_content_is_refused(operation: Operation, resources: Resources) -> None:
    """
    Content that names a member twice, or a query that names a single-valued parameter twice, is refused with a 4xx.

    The query is tried with GET, and with two different values of each parameter. The same request, in which nothing
    stands twice, succeeds.

    Why it matters: of two values one parser takes the first and the next one takes the last. A check in front of the
    service may then look at a harmless value, and the service does what the other one says.

    To mend it: use the hook of the JSON parser that shows pairs, and refuse a name that stands twice. Count values
    of each query parameter that takes one, and answer 400 where there are more.
    """
    prepared, body, headers = acceptable_request(operation, resources)
    # With values of its own, so that those of the next request are not taken.
    plain = resources.content(prepared) if has_body(operation) else None
    control(resources.call(prepared, headers, body=plain), "a refusal of what stands twice")
    answers: dict[str, Exchange] = {}

    if takes_json(operation) and isinstance(body, dict) and body:
        answers["a member"] = resources.call(prepared, headers, body=with_first_member_twice(operation.wrapped(body)))
    if operation.method == "GET":
        for parameter in operation.query_parameters:
            allowed = plain_values(parameter.schema)[:2]
            if len(allowed) == 2:
                answers[f"'{parameter.name}'"] = ask_with_both(
                    operation, resources, prepared.caller, parameter, allowed
                )

    for (name, answer), trial in expect.each(answers.items()):
        with trial:
            expect.refusal(answer, what=f"{name} stands twice")


def with_first_member_twice(body: dict[str, Any]) -> bytes:
    """Return content as JSON whose first member stands in it twice, with one value."""
    name, value = next(iter(body.items()))
    first = json.dumps({name: value})
    return f"{first[:-1]}, {json.dumps(body)[1:]}".encode()


def ask_with_both(
    operation: Operation, resources: Resources, caller: User, parameter: Parameter, allowed: list[Any]
) -> Exchange:
    """Send a GET whose query names a parameter twice, with two values that are allowed each."""
    required = resources.samples.query(operation)
    query = [*required.items(), *((parameter.name, str(value)) for value in allowed)]
    target = f"{operation.path}?{urlencode(query)}"
    credential = caller.credential_for(operation)
    return resources.client.send("GET", target, [], operation=operation, credential=credential)


@fault(test_ambiguous_content_is_refused)
def the_last_one_wins(request: Request) -> None:
    """Of two members with one name the last is taken."""
    members = request.members
    if members:
        request.rewrite(members)
