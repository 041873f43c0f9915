"""AUTHZ-03: the content of a private item shows nowhere."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from bookplate import NotExercised, expect, experiment, fault, listed, partly
from bookplate.contract import Operation, Schema, is_private_read, look_up, unwrapped
from bookplate.faults import Answer, Request
from bookplate.fixtures import HIDING, PreparedRequest, Resources, User, find_in_answer
from bookplate.wire import Exchange, succeeded

from ._shared import NOT_EVEN_THE_OWNER, no_owner_check

DEEPEST_SCHEMA = 6


@experiment(
    "AUTHZ-03", source="OWASP API1:2023; OWASP API3:2023", owasp=("API1:2023", "API3:2023"), applies=is_private_read
)
def test_private_items_are_shown_nowhere(operation: Operation, resources: Resources) -> None:
    """
    No answer to a caller without access shows content of a private object; HEAD and a matching ETag are refused too.

    Read are all operations that need no arguments, and those below the same item, without a token and as another user;
    lists also with each filter that would find the object. A list of such objects does not show this one.
    A member that another schema declares, such as an author's name beside a text, is public there. Where the document does
    not say who may read the object, it is private if another user may not read it.

    Why it matters: private data often leaks through a list, a search or a 304, where the service forgets to check
    the caller.

    To mend it: check access before conditions, caches and HEAD are looked at: a 304 says that the caller's copy is
    right. Build each answer for its caller alone, and choose the members that this caller may see when it is built.
    """
    allowed = resources.prepare(operation)
    stranger = resources.users.stranger
    read = succeeded(resources.call(allowed), NOT_EVEN_THE_OWNER)
    if not operation.declares_access and resources.ask(allowed, stranger).status not in HIDING:
        raise NotExercised(f"another user may read it by {operation.id}: it is not private, as far as anything shows")

    parts = (
        partial(other_requests_are_refused, operation, read, stranger, resources),
        partial(nothing_of_it_is_shown, allowed, read, stranger, resources),
    )
    for part, trial in expect.each(parts):
        with trial:
            part()


def nothing_of_it_is_shown(allowed: PreparedRequest, read: Exchange, stranger: User, resources: Resources) -> None:
    """Expect nothing of a private object in all that others read, and not the object itself in a list."""
    operation = allowed.operation
    texts = private_texts(allowed, read, resources)
    if not texts:
        partly("lists: no member of the object is its own", tested="HEAD, and a matching ETag")
    private = operation.response(200).schema
    for (answer, lister), trial in expect.each(everything_others_read(allowed, read, stranger, resources)):
        with trial:
            schema = lister.response(200).schema
            shown = [
                name for name, text in texts if text.encode() in answer.body and not declares(schema, name, private)
            ]
            quoted = listed(f"'{name}'" for name in shown)
            expect.that(
                not shown,
                f"{answer.describe()}, and shows user {stranger.name} {quoted} of a private object of another user",
                expected="nothing of it",
                shown=[read, answer],
                defect=no_owner_check(operation),
            )
            expect.that(
                not lists_it(lister, answer, allowed, resources),
                f"{answer.describe()}, and lists for user {stranger.name} a private object of another user",
                expected="no such object of another user",
                shown=[read, answer],
                defect=no_owner_check(operation),
            )


def lists_it(lister: Operation, answer: Exchange, allowed: PreparedRequest, resources: Resources) -> bool:
    """Tell whether a list shows a private object, in the form in which that is private."""
    item = allowed.item
    is_list_of_it = (
        lister.pagination is not None and lister.shown is not None and lister.shown == allowed.operation.shown
    )
    return is_list_of_it and item is not None and find_in_answer(lister, resources, answer, item) is not None


def other_requests_are_refused(operation: Operation, read: Exchange, stranger: User, resources: Resources) -> None:
    """Expect HEAD, and requests with the ETag of the item, to be refused to a stranger."""
    path = read.url.removeprefix(resources.client.url)
    with_tag = {"If-None-Match": read.header("etag") or "*"}
    requests: tuple[tuple[str, Mapping[str, str]], ...] = (("HEAD", {}), ("GET", with_tag), ("HEAD", with_tag))
    for (method, fields), trial in expect.each(requests):
        with trial:
            answer = resources.client.send(
                method,
                path,
                list(fields.items()),
                operation=operation,
                credential=stranger.credential_for(operation),
                address=stranger.address,
            )
            expect.that(
                answer.status >= 400,
                f"{method} of a stranger: {answer.describe()}",
                expected="a refusal",
                shown=[read, answer],
                defect=no_owner_check(operation),
            )


def private_texts(allowed: PreparedRequest, read: Exchange, resources: Resources) -> list[tuple[str, str]]:
    """Return name and text of each member of an item that no other item of the run has."""
    content = read.json()
    members = content if isinstance(content, dict) else {}
    texts = [(name, str(value)) for name, value in members.items() if resources.samples.run in str(value)]

    oldest = resources.users.owner.made
    if allowed.item is not None and allowed.item.creator.role and oldest is not None:
        # The item is an account, and a list of accounts may begin at either end: the owner's own counts too.
        first_account = oldest.json()
        texts += [(name, str(first_account.get(name, text))) for name, text in texts]
    return texts


def everything_others_read(
    allowed: PreparedRequest, read: Exchange, stranger: User, resources: Resources
) -> Iterator[tuple[Exchange, Operation]]:
    """Read what needs no arguments but those of the item, as a stranger, and without a token where none is needed."""
    for operation in resources.document.operations:
        if operation.method != "GET" or operation.role:
            continue
        item = allowed.item if operation.path_parameters else None
        request = PreparedRequest(operation, stranger, item)
        yield resources.call(request), operation
        if not operation.secured:
            yield resources.ask(request, stranger), operation
        for query in filters_that_find(operation, allowed, read):
            yield resources.call(request, query=query), operation


def filters_that_find(lister: Operation, allowed: PreparedRequest, read: Exchange) -> Iterator[Mapping[str, Any]]:
    """Yield the query of each filter of a list of such objects that would find this one."""
    if lister.pagination is None or lister.shown is None or lister.shown != allowed.operation.shown:
        return
    for name, each in lister.pagination.filters.items():
        value = look_up(unwrapped(read.json()), each.places[0])
        if isinstance(value, str | int) and value != "":
            yield {name: value}


def declares(schema: Schema | None, name: str, private: Schema | None, depth: int = DEEPEST_SCHEMA) -> bool:
    """Tell whether a schema has a member of this name, outside the private one."""
    if schema is None or schema == private or depth == 0:
        return False
    inside = [*schema.properties.values(), schema.items, *schema.all_of]
    return name in schema.properties or any(declares(each, name, private, depth - 1) for each in inside)


@fault(test_private_items_are_shown_nowhere)
def matching_tags_are_answered_first(request: Request, answer: Answer) -> None:
    """If-None-Match is answered before the caller's access is checked."""
    if answer.status == 200 and "etag" in answer.headers:
        request.memory[request.path] = answer.headers["etag"]
    elif request.headers.get("if-none-match") == request.memory.get(request.path, ""):
        answer.status = 304
        answer.body = b""


@fault(test_private_items_are_shown_nowhere)
def head_is_always_answered(request: Request, answer: Answer) -> None:
    """HEAD is answered 200 to every caller, for every object."""
    if request.method == "HEAD":
        answer.status = 200


@fault(test_private_items_are_shown_nowhere)
def lists_show_an_email(request: Request, answer: Answer) -> None:
    """Lists show the email of the user whose account was shown first."""
    if "email" in answer.members:
        request.memory.setdefault("email", answer.members["email"])
    elif request.method == "GET" and "items" in answer.members:
        answer.put(by=request.memory.get("email"))
