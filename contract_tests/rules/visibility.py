"""Visibility: what is private shows nowhere, and what belongs to a parent shows below that parent alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..accounts import succeeded, told
from ..collection import Collection
from ..document import Document
from ..exchange import Exchange
from ..fault import Answer, Request
from ..operation import Operation, is_collection, is_private_read
from ..rule import NotChecked, Violation, experiment
from ..shelf import Shelf, Visit


@experiment("AUTHZ-03", source="OWASP API1:2023; OWASP API3:2023", applies=is_private_read)
def what_is_private_shows_nowhere(operation: Operation, shelf: Shelf) -> str:
    """
    No answer to others shows what is an object's own, nor do HEAD or its ETag tell them that it is there.

    What another schema declares, such as an author's name beside a text, is no secret.
    """
    visit, b = shelf.visit(operation), shelf.accounts.b
    seen = succeeded(shelf.call(visit), "the owner cannot read it either")
    path, held = seen.url.removeprefix(shelf.client.url), {"If-None-Match": seen.header("etag") or "*"}
    for method, more in (("HEAD", {}), ("GET", held), ("HEAD", held)):
        headers = [*b.headers().items(), *more.items()]
        answer = shelf.client.send(method, path, headers, operation=operation, address=b.address)
        if answer.status < 400:
            raise Violation(f"B's {method}: {told(answer)}", expected="a refusal", exchanges=[seen, answer])
    members, oldest = seen.json() if isinstance(seen.json(), dict) else {}, shelf.accounts.a.made
    marks = [(name, str(value)) for name, value in members.items() if shelf.samples.run in str(value)]
    if visit.item and visit.item.creator.auth_role and oldest:  # a list may begin at either end
        marks += [(name, str(oldest.json().get(name, value))) for name, value in marks]
    private = shelf.document.resolve(operation.response_schema("200"))
    for answer, schema in everything_others_read(visit, shelf):
        for name, value in marks:
            if value.encode() in answer.body and not declares(shelf.document, schema, name, private):
                raise Violation(f"{told(answer)} and shows '{name}' of what is A's", exchanges=[seen, answer])
    return "" if marks else "lists: no member of the object is its own"


def everything_others_read(visit: Visit, shelf: Shelf) -> Iterator[tuple[Exchange, Any]]:
    """Read what needs no arguments, or those of an item alone, as nobody and as B."""
    for each in shelf.document.operations:
        if each.method == "GET" and not each.auth_role:
            stranger = Visit(each, shelf.accounts.b, visit.item if each.path_parameters else None)
            for headers in ({}, stranger.caller.headers()) if not each.secured else ({},):
                yield shelf.call(stranger, headers), each.response_schema("200")


def declares(document: Document, schema: Any, name: str, private: Any, deep: int = 6) -> bool:
    """Tell whether a schema has a member of this name, outside the private one."""
    schema = document.resolve(schema)
    if schema is private or not isinstance(schema, dict) or not deep:
        return False
    members = schema.get("properties", {})
    inside = [*members.values(), schema.get("items"), *schema.get("allOf", ())]
    return name in members or any(declares(document, each, name, private, deep - 1) for each in inside)


@what_is_private_shows_nowhere.broken_by
def whoever_holds_the_tag_is_told(request: Request, answer: Answer) -> None:
    """If-None-Match is answered before anybody looks who asks."""
    if answer.status == 200 and "etag" in answer.headers:
        request.memory[request.path] = answer.headers["etag"]
    elif request.headers.get("if-none-match") == request.memory.get(request.path, ""):
        answer.status, answer.body = 304, b""


@what_is_private_shows_nowhere.broken_by
def head_is_not_guarded(request: Request, answer: Answer) -> None:
    """HEAD says of everything that it is there."""
    answer.status = 200 if request.method == "HEAD" else answer.status


@what_is_private_shows_nowhere.broken_by
def lists_show_whose_it_is(request: Request, answer: Answer) -> None:
    """Lists come with the email of whoever signed up last."""
    if request.method == "POST" and answer.status == 201 and "email" in answer.members:
        request.memory["email"] = answer.members["email"]
    elif request.method == "GET" and "items" in answer.members:
        answer.put(by=request.memory.get("email"))


def is_nested(operation: Operation) -> bool:
    """Its path names an item below another one, or a collection below an item."""
    return bool(operation.path_parameters) and (is_collection(operation) or len(operation.path_parameters) > 1)


@experiment("AUTHZ-04", source="OWASP API1:2023; #/paths", applies=is_nested)
def parents_have_their_own(operation: Operation, shelf: Shelf) -> None:
    """
    A parent has what belongs to it and nothing else, be it listed or asked for by its id; one that is not there is 404.

    Who asks owns the parent in the path: that is no leave to reach what is below another.
    """
    if not is_collection(operation):
        return children_keep_to_their_parent(operation, shelf)
    collections = [Collection(operation, shelf), Collection(operation, shelf)]
    for collection, planted in [(each, each.plant(1)) for each in collections]:
        collection.narrow = {}  # what others have would not show through a filter
        found = set(collection.keys(collection.walk(collection.bounds[1])))
        collection.expect("shown below its parent", found, planted)
    headers = collections[0].visit.caller.headers() if operation.secured else {}
    absent = shelf.client.call(operation, arguments=operation.nowhere, headers=headers)
    if "404" in operation.responses and absent.status != 404:
        raise Violation(f"below nothing: {told(absent)}", expected="404", exchanges=[absent])


def children_keep_to_their_parent(operation: Operation, shelf: Shelf) -> None:
    """Ask for a child below another parent of its owner's, and below one of B's as B: both in vain."""
    visit = shelf.visit(operation)
    item, before = visit.item, shelf.read(visit)
    if item is None or item.parent is None:
        raise NotChecked("what its path names is not made below a parent")
    for parent in (shelf.subject(item.creator), shelf.subject(item.creator, shelf.accounts.b)):
        stranger = Visit(operation, parent.owner, replace(item, parent=parent))
        answer = shelf.write(stranger, before.header("etag"))
        if answer.status not in (403, 404) or shelf.read(visit).json() != before.json():
            observed = f"below another parent: {told(answer)}"
            raise Violation(observed, expected="403 or 404", exchanges=[item.made, parent.made, answer])


@parents_have_their_own.broken_by
def children_of_all_parents(request: Request) -> None:
    """The parent in the path is not looked at."""
    request.path = "/api/books" if request.path.endswith("/books") else request.path


@parents_have_their_own.broken_at(404)
def nobody_has_nothing(request: Request, answer: Answer) -> None:
    """A parent that is not there has an empty collection."""
    answer.become(200, {"items": []}, where=request.path.endswith("/books"))
