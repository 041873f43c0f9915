"""AUTHZ-03: private items are shown nowhere."""

from collections.abc import Iterator

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, Schema, is_private_read
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources
from bookplate.wire import Exchange, succeeded


@experiment("AUTHZ-03", source="OWASP API1:2023; OWASP API3:2023", applies=is_private_read)
def test_private_items_are_shown_nowhere(operation: Operation, resources: Resources) -> str:
    """
    No answer to others shows what is an object's own, nor do HEAD or its ETag tell them that it is there.

    What another schema declares, such as an author's name beside a text, is no secret.
    """
    prepared, b = resources.prepare(operation), resources.users.stranger
    seen = succeeded(resources.call(prepared), "the owner cannot read it either")
    path, held = seen.url.removeprefix(resources.client.url), {"If-None-Match": seen.header("etag") or "*"}
    for method, more in (("HEAD", {}), ("GET", held), ("HEAD", held)):
        headers = [*b.headers().items(), *more.items()]
        answer = resources.client.send(method, path, headers, operation=operation, address=b.address)
        if answer.status < 400:
            raise Violation(f"B's {method}: {answer.describe()}", expected="a refusal", exchanges=[seen, answer])
    members, oldest = seen.json() if isinstance(seen.json(), dict) else {}, resources.users.owner.made
    marks = [(name, str(value)) for name, value in members.items() if resources.samples.run in str(value)]
    if prepared.item and prepared.item.creator.role and oldest:  # a list may begin at either end
        marks += [(name, str(oldest.json().get(name, value))) for name, value in marks]
    private = operation.response(200).schema
    for answer, schema in everything_others_read(prepared, resources):
        for name, value in marks:
            if value.encode() in answer.body and not declares(schema, name, private):
                raise Violation(f"{answer.describe()} and shows '{name}' of what is A's", exchanges=[seen, answer])
    return "" if marks else "lists: no member of the object is its own"


def everything_others_read(prepared: PreparedRequest, resources: Resources) -> Iterator[tuple[Exchange, Schema | None]]:
    """Read what needs no arguments, or those of an item alone, as nobody and as B."""
    for each in resources.document.operations:
        if each.method == "GET" and not each.role:
            stranger = PreparedRequest(each, resources.users.stranger, prepared.item if each.path_parameters else None)
            for headers in ({}, stranger.caller.headers()) if not each.secured else ({},):
                yield resources.call(stranger, headers), each.response(200).schema


def declares(schema: Schema | None, name: str, private: Schema | None, deep: int = 6) -> bool:
    """Tell whether a schema has a member of this name, outside the private one."""
    if schema is None or schema == private or not deep:
        return False
    inside = [*schema.properties.values(), schema.items, *schema.all_of]
    return name in schema.properties or any(declares(each, name, private, deep - 1) for each in inside)


@fault(test_private_items_are_shown_nowhere)
def whoever_holds_the_tag_is_told(request: Request, answer: Answer) -> None:
    """If-None-Match is answered before anybody looks who asks."""
    if answer.status == 200 and "etag" in answer.headers:
        request.memory[request.path] = answer.headers["etag"]
    elif request.headers.get("if-none-match") == request.memory.get(request.path, ""):
        answer.status, answer.body = 304, b""


@fault(test_private_items_are_shown_nowhere)
def head_is_not_guarded(request: Request, answer: Answer) -> None:
    """HEAD says of everything that it is there."""
    answer.status = 200 if request.method == "HEAD" else answer.status


@fault(test_private_items_are_shown_nowhere)
def lists_show_whose_it_is(request: Request, answer: Answer) -> None:
    """Lists come with the email of whoever signed up last."""
    if request.method == "POST" and answer.status == 201 and "email" in answer.members:
        request.memory["email"] = answer.members["email"]
    elif request.method == "GET" and "items" in answer.members:
        answer.put(by=request.memory.get("email"))
