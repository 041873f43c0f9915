"""What several AUTHZ laws use."""

import copy
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from bookplate import NotChecked, control, expect
from bookplate.contract import Operation, has_body, has_role, is_for_roles, look_up, named_in, put
from bookplate.fixtures import PreparedRequest, Resources, User, Users, changed_member, members_of, with_members
from bookplate.wire import Exchange, missing_check

# What refuses content, a value that another item has among it.
MAY_BE_TAKEN = (400, 409, 422)
NOT_EVEN_THE_OWNER = "the owner cannot read it either"


def no_owner_check(operation: Operation) -> str:
    """Return what is wrong with a service where somebody else gets what belongs to an owner."""
    return missing_check("the owner", operation.family)


def expect_refused(strangers: list[User], allowed: PreparedRequest, resources: Resources, *, if_success: str) -> None:
    """
    Expect strangers to be refused a request without effect.

    Everything but the caller is right, If-Match included. The request of the caller that may send it succeeds, which shows
    that; it is NotChecked where that fails too. Members that move by themselves are no effect. `if_success` says what is
    wrong with the service where one of the strangers succeeds; the others are tried all the same, on another item.
    """
    attempts: list[tuple[User, Exchange]] = []
    untouched: PreparedRequest | None = allowed
    for stranger, trial in expect.each(strangers):
        with trial:
            tried = untouched or resources.prepare(allowed.operation)
            untouched = None
            attempt = attempt_without_effect(stranger, tried, resources, if_success=if_success)
            attempts.append((stranger, attempt))
            untouched = tried
    control(write(allowed, allowed.caller, current_item(allowed, resources), resources), "a refusal of other callers")
    for (stranger, attempt), trial in expect.each(attempts):
        with trial:
            expect.status(allowed.operation.refusals, attempt, because=f"{stranger.name} may not send it")


def attempt_without_effect(
    stranger: User, allowed: PreparedRequest, resources: Resources, *, if_success: str
) -> Exchange:
    """Send a request as a stranger, and expect no success and no effect; return the answer."""
    before = current_item(allowed, resources)
    attempt = write(allowed, stranger, before, resources)
    refusals = " or ".join(map(str, sorted(allowed.operation.refusals)))
    expect.that(
        not 200 <= attempt.status < 300,
        f"{may_not(stranger, allowed, attempt)}, but {attempt.method} {attempt.path} as {stranger.name} was answered "
        f"{attempt.status}",
        expected=f"{refusals}, as {stranger.name} may not send it",
        shown=[attempt],
        defect=if_success,
    )
    after = current_item(allowed, resources)
    changed = changes_between(before, after, allowed, resources)
    expect.that(
        not changed,
        f"{may_not(stranger, allowed, attempt)}, but {attempt.method} {attempt.path} as {stranger.name}, which was "
        f"answered {attempt.status}, changed it: {', '.join(changed)}",
        expected="a refusal without effect",
        shown=[attempt] if after is None else [attempt, after],
    )
    return attempt


def may_not(stranger: User, allowed: PreparedRequest, attempt: Exchange) -> str:
    """Return in words why a user may not send a request, such as `User B does not own book 2`."""
    who = f"User {stranger.name}"
    if is_for_roles(allowed.operation):
        return f"{who} has no role that may call {allowed.operation.id}"
    if allowed.item is None and allowed.account is None:
        return f"{who} may not call {allowed.operation.id}"
    return f"{who} does not own {named_in(attempt.path, allowed.operation)}"


def write(allowed: PreparedRequest, caller: User, found: Exchange | None, resources: Resources) -> Exchange:
    """
    Send a request as a caller, with the ETag of what was found, and with content that changes it where there is some.

    Where that may be refused for a value that another item has, other values are tried.
    """
    sent = replace(allowed, caller=caller)
    tag = (found.header("etag") if found is not None else None) or "*"
    content = changed_content(allowed, found, resources)
    answer = resources.write(sent, tag, content)
    return resources.write(sent, tag) if content is not None and answer.status in MAY_BE_TAKEN else answer


def changed_content(allowed: PreparedRequest, found: Exchange | None, resources: Resources) -> Any:
    """Return valid content that differs from what was found in a member; None where no such member is known."""
    if found is None or allowed.operation.method not in ("PUT", "PATCH"):
        return None
    with suppress(NotChecked):
        name, value = changed_member(allowed.operation, found)
        body = resources.content(allowed)
        return with_members(body, {name: value}) if isinstance(body, dict) else None
    return None


def current_item(prepared: PreparedRequest, resources: Resources) -> Exchange | None:
    """Read what a request is about; None where it names nothing that can be read."""
    if prepared.item is not None:
        return resources.read(prepared)
    if prepared.account is not None:
        with suppress(NotChecked):
            return resources.read(prepared)
    return None


def changes_between(
    before: Exchange | None, after: Exchange | None, prepared: PreparedRequest, resources: Resources
) -> list[str]:
    """Return which members of an item have changed between two reads, and not by themselves; its status where that has."""
    if before is None or after is None:
        return []
    if before.status != after.status:
        return [f"it reads {after.status}, not {before.status}"]
    return resources.moving.changes(before, after, partial(resources.read, prepared))


def makes_or_changes(operation: Operation) -> bool:
    return has_body(operation) and (operation.creates or operation.method in ("PUT", "PATCH"))


def id_of(user: User) -> Any:
    """Return the id of a user's account; None where nothing shows it."""
    return None if user.made is None else members_of(user.made).get("id")


def write_plainly(allowed: PreparedRequest, users: Users, resources: Resources) -> Exchange:
    """Send the request of an operation with nothing in its body that the operation does not take."""
    content = content_of(allowed.operation, users, resources) if has_role("register")(allowed.operation) else None
    if allowed.operation.adds:
        return resources.write(allowed, None, content)
    before = resources.read(allowed)
    return resources.write(allowed, before.header("etag"))


def content_of(operation: Operation, users: Users, resources: Resources) -> Any:
    """Return valid content of an operation, with names that nobody has where it signs somebody up."""
    if not has_role("register")(operation):
        return resources.samples.body(operation)
    # Of two who have signed up, the second has shown what of the first one's content is taken.
    if not users.stranger.has_credentials:
        raise NotChecked(users.stranger.lacks)
    return users.entrance.content()


def with_inner_members(content: Any, operation: Operation, members: Mapping[str, Any]) -> Any:
    """Return content with some members more, in the object that has the members which the operation takes."""
    place = operation.place_of_members
    if not place:
        return with_members(content, members)
    whole = copy.deepcopy(content)
    put(whole, place, with_members(look_up(whole, place), members))
    return whole


# A server may store a timestamp with another precision: so much of a value is compared.
COMPARED = 10


def shows(answer: Exchange, name: str, value: Any) -> bool:
    """Tell whether an answer shows a value, as far as it is compared."""
    shown = members_of(answer).get(name)
    return str(shown)[:COMPARED] == str(value)[:COMPARED]
