"""COND-01: etags identify versions."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise

from bookplate import NotChecked, expect, experiment, fault, listed, partly
from bookplate.contract import Operation, is_creator
from bookplate.faults import Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, Writing, act, actions_on, permitted_callers, prepare_read
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
    of equal content. The ETag in the answer to a write is the one that the next read shows. Each member is changed in
    turn, and what a GET shows is changed by every operation of its path, by actions, and by every user who may.

    Why it matters: a client that keeps a copy by its ETag shows old content when the ETag stays after a change. When
    the ETag changes without a reason, each copy is loaded again and each careful update fails.

    To mend it: compute the ETag from what the answer shows: a hash of its content, or a version that each write
    raises. Put it in quotes, and mark it weak where the bytes may differ. Leave out what changes with each request,
    such as times.
    """
    versions, read = versions_of(operation, resources)

    own = [answer for answer in versions if answer.method == "GET" or answer.operation_id == operation.id]
    malformed = [answer for answer in own if not ENTITY_TAG.fullmatch(answer.header("etag") or "")]
    told = listed(f"{answer.summary()} with ETag: {answer.header('etag') or 'none'}" for answer in malformed)
    expect.that(not malformed, told, expected='an ETag of the form "..." or W/"..." in each answer', shown=versions)
    reads = [number for number, answer in enumerate(versions) if answer.method == "GET"]
    for one, other in pairwise(reads):
        expect_identified(versions[one : other + 1])
    for written, shown in pairwise(versions):
        if written.operation_id == operation.id and written.method != "GET":
            expect_announced(written, shown, read)


def expect_identified(versions: list[Exchange]) -> None:
    """Expect the first and the last of these answers to have one ETag for one content, and two for two."""
    one, other = versions[0], versions[-1]
    is_same_tag = one.header("etag") == other.header("etag")
    if one.body == other.body:
        is_written = len(versions) > NOTHING_BETWEEN
        expect.that(
            is_same_tag or is_written,
            f"{one.path} has two ETags for one content, and nothing was written",
            expected="one ETag",
            shown=versions,
        )
    else:
        may_stay = (one.header("etag") or "").startswith("W/")
        expect.that(
            may_stay or not is_same_tag,
            f"{one.path} has one strong ETag for two contents: {one.header('etag')}",
            expected="an ETag for each",
            shown=versions,
        )


def expect_announced(written: Exchange, shown: Exchange, read: Callable[[], Exchange]) -> None:
    """Expect a write to answer with the ETag that the next read shows."""
    announced, found = written.header("etag"), shown.header("etag")
    if announced != found and read().header("etag") != read().header("etag"):
        partly("the ETag of a write: each read moves it", tested="its form, and what it changes with")
        return
    expect.equal(found, announced, what="ETag of what was written, as it is read", shown=[written, shown])


# So many answers are two reads with no write between them.
NOTHING_BETWEEN = 2
MOST_CHANGES = 8


def versions_of(operation: Operation, resources: Resources) -> tuple[list[Exchange], Callable[[], Exchange]]:
    """
    Return answers that show what an operation is about: as it was made, before and after each write, read again.

    With them comes what reads it once more.
    """
    if is_creator(operation):
        item = resources.plant(operation)
        return [item.made, resources.at_location(item)], partial(resources.at_location, item)
    if operation.method == "GET":
        return versions_read(operation, resources)
    writing = Writing(resources.prepare(operation), resources)
    return [writing.before, *changed_in_turn(writing)], partial(resources.read, writing.prepared)


def changed_in_turn(writing: Writing) -> list[Exchange]:
    """Change one place after the other, else write what is there; return each answer and the read that follows it."""
    changes = writing.changes()[:MOST_CHANGES]
    versions: list[Exchange] = []
    for change in changes:
        answer = writing.send(writing.content_with(change))
        versions += [answer, writing.read()[1]] if 200 <= answer.status < 300 else []
    if versions:
        return versions
    return [succeeded(writing.send(None), "there are no versions"), writing.read()[1]]


def versions_read(operation: Operation, resources: Resources) -> tuple[list[Exchange], Callable[[], Exchange]]:
    """Read twice, change what is shown, or make one item more where it is a list, and read again after each write."""
    # An account that is changed, its role perhaps, belongs to nobody else.
    prepared = resources.prepare(operation) if operation.path_parameters else prepare_read(resources, operation)
    read = partial(resources.call, prepared)
    first = read()
    versions = [first, succeeded(read(), "there are no versions")]
    if operation.pagination is None:
        for answer in written_by_all(prepared, resources):
            versions += [answer, read()]
        return versions, read
    with suppress(NotChecked):  # where nothing can be planted, two equal answers have to do
        creator = resources.creator_in(operation)
        if not creator.role:
            parent = prepared.item if creator.path_parameters else None
            versions.append(resources.plant(creator, None, parent=parent).made)
    return [*versions, read()], read


def written_by_all(prepared: PreparedRequest, resources: Resources) -> Iterator[Exchange]:
    """Write what a GET shows, by each operation of its path and each user who may, and by actions; yield what succeeds."""
    for number, write in enumerate(resources.document.operations):
        is_another_write = write.path == prepared.operation.path and write.method in ("PUT", "PATCH")
        if not is_another_write or resources.ends_caller(write):
            continue
        with suppress(NotChecked):
            for other, caller in enumerate(permitted_callers(resources, write, prepared.item)):
                writing = Writing(replace(prepared, operation=write, caller=caller), resources)
                changes = writing.changes(number * MOST_CHANGES + other)[:1]
                answers = [writing.send(writing.content_with(change)) for change in changes]
                yield from (answer for answer in answers if 200 <= answer.status < 300)
    item = prepared.item
    if item is None:
        return
    for action in actions_on(resources, item):
        with suppress(NotChecked):
            yield act(resources, action, item)


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


@fault(test_etags_identify_versions)
def tags_are_of_the_other_members(request: Request) -> Steps:
    """The ETag is made from all members but the title."""
    request.edit("if-match", ".+", "*")
    answer = yield
    if "etag" in answer.headers and "title" in answer.members:
        others = {name: value for name, value in answer.members.items() if name not in ("title", "updated_at")}
        answer.headers["etag"] = f'"{hash(str(others))}"'
