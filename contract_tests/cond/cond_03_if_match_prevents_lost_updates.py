"""COND-03: if match prevents lost updates."""

from contextlib import suppress
from typing import Any

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_conditional_write
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, changed_member, require_condition, with_members
from bookplate.wire import Exchange, succeeded

from ._shared import etag_of, takes, unknown_tag

FIELD = "If-Match"


@experiment("COND-03", source="RFC 9110, section 13.1.1; RFC 6585, section 3", applies=is_conditional_write)
def test_if_match_prevents_lost_updates(operation: Operation, resources: Resources) -> None:
    """
    A change without If-Match gets 428, one whose If-Match is not the current strong ETag gets 412; neither is made.

    Afterwards the current ETag still succeeds, which shows that nothing had changed. After this change the same ETag
    gets 412, where the answer shows a new one, and the item stays as it is. A 428 or 412 that the document does not
    declare is not expected, and no If-Match is sent that its schema does not allow. What is refused with the current ETag
    too shows nothing. Where the document does not say that it takes If-Match, it has to refuse an ETag of nothing first.

    Why it matters: when two users edit one item, the second save silently overwrites the first.

    To mend it: answer 428 where If-Match is missing, and 412 where the current strong ETag is not in it, both
    before the write. Compare within the transaction that writes. A weak ETag never matches here.
    """
    require_condition(operation, resources)
    prepared = resources.prepare(operation)
    found = succeeded(resources.read(prepared), "nothing shows what is to be changed")
    tag = etag_of(found, resources.reader(operation))

    refused = [
        (name, status, resources.write(prepared, sent))
        for name, sent, status in preconditions(operation, tag)
        if operation.documents(status)
    ]
    content = other_content(operation, found, resources)
    changed = resources.write(prepared, tag, content)
    if content is not None and changed.status in MAY_BE_TAKEN:
        content = None
        changed = resources.write(prepared, tag)
    require_a_writer([*(answer for *_, answer in refused), changed])
    if changed.status == 412 and resources.read(prepared).header("etag") != resources.read(prepared).header("etag"):
        raise NotChecked("each read shows another ETag, so that none is current: nothing to write")

    for name, status, answer in refused:
        expect.status(status, answer, what=name, after=[found])
    expect.success(changed, what="the current ETag", after=[found])
    if changed.header("etag") not in (None, tag):
        stale_change_is_not_made(prepared, tag, changed, resources, has_values=content is not None)


# Statuses of a value that somebody else may have.
MAY_BE_TAKEN = (400, 409, 422)


def stale_change_is_not_made(
    prepared: PreparedRequest, tag: str, changed: Exchange, resources: Resources, *, has_values: bool
) -> None:
    """
    Send a change with an ETag that was current before; expect 412, and the same item as before.

    It has other values than the item where it `has_values`: such values were taken before.
    """
    before = resources.read(prepared)
    content = other_content(prepared.operation, before, resources) if has_values else None
    stale = resources.write(prepared, tag, content)
    after = resources.read(prepared)
    expect.status(412, stale, what="an ETag that was current before", after=[changed])
    is_same = before.status != 200 or before.header("etag") == after.header("etag")
    if not is_same and after.header("etag") != resources.read(prepared).header("etag"):
        raise NotChecked("each read shows another ETag, so that none tells whether something was changed")
    observed = f"a change was refused with 412, and the ETag after it is {after.header('etag')}"
    expect.that(
        is_same, observed, expected=f"{before.header('etag')}, as before", shown=[changed, before, stale, after]
    )


def other_content(operation: Operation, found: Exchange, resources: Resources) -> Any:
    """Return valid content that changes a member of what was found; None where no such member is known."""
    body = resources.samples.body(operation) if operation.method in ("PUT", "PATCH") else None
    if not isinstance(body, dict):
        return None
    with suppress(NotChecked):
        name, value = changed_member(operation, found)
        return with_members(body, {name: value})
    return None


def preconditions(operation: Operation, tag: str) -> list[tuple[str, str | None, int]]:
    """Return what each If-Match that has to be refused is, its value, and the status of the refusal."""
    found: list[tuple[str, str | None, int]] = [("no If-Match", None, 428)]
    sent = (
        ("the ETag of something else", unknown_tag(operation, FIELD)),
        ("the current ETag made weak", f"W/{tag}" if takes(operation, FIELD, f"W/{tag}") else None),
    )
    for name, value in sent:
        if value is not None:
            found.append((name, value, 412))
        else:
            partly(f"{name}: the schema of If-Match does not allow it", tested="other values of If-Match")
    return found


def require_a_writer(answers: list[Exchange]) -> None:
    """Raise NotChecked where every write is refused, and the last one, with the current ETag, not for its ETag."""
    is_made = any(200 <= answer.status < 300 for answer in answers)
    last = answers[-1]
    if not is_made and 400 <= last.status < 500 and last.status not in (412, 428):
        raise NotChecked(f"it is refused as it is: {last.describe()}")


@fault(test_if_match_prevents_lost_updates)
def any_tag_will_do(request: Request) -> None:
    """Every value of If-Match is accepted."""
    request.edit("if-match", ".+", "*")


@fault(test_if_match_prevents_lost_updates)
def nobody_needs_a_tag(request: Request) -> None:
    """Changes without If-Match are made."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        request.headers.setdefault("if-match", "*")


@fault(test_if_match_prevents_lost_updates)
def weak_is_strong_enough(request: Request) -> None:
    """A weak ETag in If-Match matches the strong one."""
    request.edit("if-match", "^W/", "")


@fault(test_if_match_prevents_lost_updates, statuses=(412,))
def stale_is_a_conflict(request: Request, answer: Answer) -> None:
    """An ETag that is not current is answered 409."""
    answer.become(409)


@fault(test_if_match_prevents_lost_updates)
def stale_changes_are_made(request: Request) -> Steps:
    """A change with an ETag that was current before is made, and answered 412."""
    tag = request.headers.get("if-match", "")
    is_stale = request.method in ("PUT", "PATCH") and tag in request.memory
    if is_stale:
        request.headers["if-match"] = "*"

    answer = yield

    if is_stale:
        answer.become(412)
    elif request.method in ("PUT", "PATCH") and answer.status == 200:
        request.remember(tag)
