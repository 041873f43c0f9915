"""COND-01: etags identify versions."""

import re
from contextlib import suppress
from itertools import pairwise

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_creator
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, reading
from bookplate.wire import Exchange, succeeded

TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def has_versions(operation: Operation) -> bool:
    """It shows a tag where it succeeds, and what it shows is read, made or changed by it."""
    tagged = operation.success.header("ETag") is not None
    return tagged and (operation.method in ("GET", "PUT", "PATCH") or is_creator(operation))


@experiment("COND-01", source="RFC 9110, sections 8.8.1 and 8.8.3", applies=has_versions)
def test_etags_identify_versions(operation: Operation, resources: Resources) -> None:
    """An ETag stays as long as nothing is written, differs once something is, and a strong one means the same bytes."""
    shown = versions(operation, resources)
    tags = [answer.header("etag") or "" for answer in shown]
    if bare := [tag for tag in tags if TAG.fullmatch(tag) is None]:
        raise Violation(f"ETag '{bare[0]}'", expected='"..." or W/"..."', exchanges=shown)
    for one, other in pairwise(answer for answer in shown if answer.method == "GET"):
        etags, contents = len({one.header("etag"), other.header("etag")}), len({one.body, other.body})
        if etags != contents and not (etags == 1 and tags[0].startswith("W/")):
            raise Violation(f"{etags} ETags for {contents} contents", expected="as many of both", exchanges=shown)
    if shown[-2].method != "GET" and tags[-2] != tags[-1]:
        raise Violation("what was written is read with another ETag", expected=tags[-2], exchanges=shown)


def versions(operation: Operation, resources: Resources) -> list[Exchange]:
    """Return what an operation and its reader show, with a write in between, and without one."""
    if is_creator(operation):
        item = resources.plant(operation, resources.users.owner)
        return [item.made, resources.at_location(item)]
    prepared = reading(resources, operation) if operation.method == "GET" else resources.prepare(operation)
    shown = [resources.call(prepared) if operation.method == "GET" else resources.read(prepared)]
    shown.append(
        resources.call(prepared) if operation.method == "GET" else resources.write(prepared, shown[0].header("etag"))
    )
    succeeded(shown[-1], "there are no versions")
    with suppress(NotChecked):  # where nothing can be planted, two answers have to do
        if operation.pagination and not (creator := resources.creator_of(operation.shown)).role:
            resources.plant(creator, resources.users.owner, parent=prepared.item if creator.path_parameters else None)
    return [*shown, resources.call(prepared) if operation.method == "GET" else resources.read(prepared)]


def retagged(request: Request, tag: str, body: bytes = b"") -> Steps:
    """Give what has an ETag another one."""
    request.edit("if-match", ".+", "*")
    answer = yield
    if "etag" in answer.headers:
        answer.headers["etag"], answer.body = tag, answer.body + body


@fault(test_etags_identify_versions)
def tags_are_rolled(request: Request) -> Steps:
    """Each answer has an ETag of its own."""
    yield from retagged(request, f'"{request.times("rolled")}"')


@fault(test_etags_identify_versions)
def tags_are_of_the_url(request: Request) -> Steps:
    """The ETag is made of the URL, and no write changes it."""
    yield from retagged(request, f'"{request.path}"')


@fault(test_etags_identify_versions)
def one_strong_tag_for_two_spellings(request: Request) -> Steps:
    """The same ETag stands on contents that differ in white space."""
    yield from retagged(request, '"one"', b" " * request.times("spaces"))


@fault(test_etags_identify_versions)
def tags_are_bare(request: Request) -> Steps:
    """ETags have no quotes."""
    yield from retagged(request, "bare")
