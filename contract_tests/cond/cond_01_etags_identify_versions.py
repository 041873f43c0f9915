"""COND-01: etags identify versions."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_creator
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, prepare_read
from bookplate.wire import Exchange, succeeded

ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def has_versions(operation: Operation) -> bool:
    """Its success has an ETag, and it reads, makes or changes what it shows."""
    return operation.has_tag and (operation.method in ("GET", "PUT", "PATCH") or is_creator(operation))


@experiment("COND-01", source="RFC 9110, sections 8.8.1 and 8.8.3", applies=has_versions)
def test_etags_identify_versions(operation: Operation, resources: Resources) -> None:
    """
    An ETag stays the same while nothing is written, and changes with the content; a strong one is for the same bytes.

    It has the form `"..."` or `W/"..."`. A weak ETag may stay when the content changes, and each may change with a write
    of equal content. The ETag in the answer to a write is the one that the next read shows.

    Why it matters: a client that keeps a copy by its ETag shows old content when the ETag stays after a change. When
    the ETag changes without a reason, each copy is loaded again and each careful update fails.
    """
    versions, read = versions_of(operation, resources)

    tags = [answer.header("etag") or "" for answer in versions]
    malformed = [tag for tag in tags if not ENTITY_TAG.fullmatch(tag)]
    expect.that(
        not malformed, f"ETag '{', '.join(malformed)}'", expected='"..." or W/"..." in each answer', shown=versions
    )
    reads = [answer for answer in versions if answer.method == "GET"]
    for one, other in pairwise(reads):
        same_tag = one.header("etag") == other.header("etag")
        if one.body == other.body:
            is_untouched = other is versions[1]
            expect.that(same_tag or not is_untouched, "2 ETags for 1 content", expected="one ETag", shown=versions)
        else:
            may_stay = tags[0].startswith("W/")
            expect.that(may_stay or not same_tag, "1 strong ETag for 2 contents", expected="two", shown=versions)
    if versions[-2].method != "GET":
        if tags[-1] != tags[-2] and read().header("etag") != tags[-1]:
            partly("the ETag of a write: each read moves it", tested="its form, and what it changes with")
            return
        expect.equal(tags[-1], tags[-2], what="ETag of what was written, as it is read", shown=versions)


def versions_of(operation: Operation, resources: Resources) -> tuple[list[Exchange], Callable[[], Exchange]]:
    """
    Return answers that show what an operation is about: as it was made, before and after a write, read again.

    With them comes what reads it once more.
    """
    if is_creator(operation):
        item = resources.plant(operation)
        return [item.made, resources.at_location(item)], partial(resources.at_location, item)
    if operation.method == "GET":
        return versions_read(operation, resources)
    prepared = resources.prepare(operation)
    before = resources.read(prepared)
    written = succeeded(resources.write(prepared, before.header("etag")), "there are no versions")
    return [before, written, resources.read(prepared)], partial(resources.read, prepared)


def versions_read(operation: Operation, resources: Resources) -> tuple[list[Exchange], Callable[[], Exchange]]:
    """Read twice, make one item more where the operation shows a list, and read again."""
    prepared = prepare_read(resources, operation)
    read = partial(resources.call, prepared)
    first = read()
    second = succeeded(read(), "there are no versions")
    with suppress(NotChecked):  # where nothing can be planted, two equal answers have to do
        if operation.pagination:
            creator = resources.creator_in(operation)
            if not creator.role:
                parent = prepared.item if creator.path_parameters else None
                resources.plant(creator, None, parent=parent)
    return [first, second, read()], read


def with_tag(request: Request, tag: str, more_content: bytes = b"") -> Steps:
    """Give an answer that has an ETag another one, and more content; every If-Match is accepted."""
    request.edit("if-match", ".+", "*")
    answer = yield
    if "etag" in answer.headers:
        answer.headers["etag"] = tag
        answer.body += more_content


@fault(test_etags_identify_versions)
def tags_are_rolled(request: Request) -> Steps:
    """Each answer has a new ETag."""
    number = request.times("answers")
    yield from with_tag(request, f'"{number}"')


@fault(test_etags_identify_versions)
def tags_are_of_the_url(request: Request) -> Steps:
    """The ETag is made from the URL, and no write changes it."""
    yield from with_tag(request, f'"{request.path}"')


@fault(test_etags_identify_versions)
def one_strong_tag_for_two_spellings(request: Request) -> Steps:
    """The same strong ETag stands on contents that differ in white space."""
    spaces = request.times("answers")
    yield from with_tag(request, '"one"', b" " * spaces)


@fault(test_etags_identify_versions)
def tags_are_bare(request: Request) -> Steps:
    """ETags have no quotes."""
    yield from with_tag(request, "bare")
