"""What several AUTHZ laws use."""

from dataclasses import replace
from functools import partial

from bookplate import control, expect
from bookplate.contract import Operation
from bookplate.fixtures import PreparedRequest, Resources, User
from bookplate.wire import Exchange, missing_check

NOT_EVEN_THE_OWNER = "the owner cannot read it either"


def no_owner_check(operation: Operation) -> str:
    """Return what is wrong with a service where somebody else gets what belongs to an owner."""
    return missing_check("the owner", operation.family)


def expect_refused(strangers: list[User], allowed: PreparedRequest, resources: Resources, *, if_success: str) -> None:
    """
    Expect strangers to be refused a request without effect.

    Everything but the caller is right, If-Match included. The request of the caller that may send it succeeds, which shows
    that; it is NotChecked where that fails too. Members that move by themselves are no effect. `if_success` says what is
    wrong with the service where one of the strangers succeeds.
    """
    before = current_item(allowed, resources)
    tag = before.header("etag") if before else None
    attempts = []
    for stranger in strangers:
        attempt = resources.write(replace(allowed, caller=stranger), tag or "*")
        expect.that(
            not 200 <= attempt.status < 300,
            f"{stranger.name}: {attempt.describe()}",
            expected=f"{allowed.operation.refusal}, as {stranger.name} may not send it",
            shown=[attempt],
            defect=if_success,
        )
        after = current_item(allowed, resources)
        changed = changes_between(before, after, allowed, resources)
        expect.that(
            not changed,
            f"{stranger.name} was refused and changed it: {', '.join(changed)}",
            expected="no effect",
            shown=[attempt] if after is None else [attempt, after],
        )
        attempts.append((stranger, attempt))
    control(resources.write(allowed, tag or "*"), "a refusal of other callers")
    for stranger, attempt in attempts:
        expect.status(allowed.operation.refusals, attempt, because=f"{stranger.name} may not send it")


def current_item(prepared: PreparedRequest, resources: Resources) -> Exchange | None:
    """Read the item that a request names; None where it names none."""
    if prepared.item is None:
        return None
    return resources.read(prepared)


def changes_between(
    before: Exchange | None, after: Exchange | None, prepared: PreparedRequest, resources: Resources
) -> list[str]:
    """Return which members of an item have changed between two reads, and not by themselves; its status where that has."""
    if before is None or after is None:
        return []
    if before.status != after.status:
        return [f"it reads {after.status}, not {before.status}"]
    return resources.moving.changes(before, after, partial(resources.read, prepared))
