"""What several AUTHZ laws use."""

from dataclasses import replace
from typing import Any

from bookplate import expect
from bookplate.fixtures import PreparedRequest, Resources, User
from bookplate.wire import Exchange, succeeded

NOT_EVEN_THE_OWNER = "the owner cannot read it either"


def expect_refused(strangers: list[User], allowed: PreparedRequest, resources: Resources) -> None:
    """
    Expect strangers to be refused a request without effect; then send it as the caller that may.

    Everything but the caller is right, If-Match included. The success of the last request shows that; it is NotChecked
    where that request fails too.
    """
    before = current_item(allowed, resources)
    tag = before.header("etag") if before else None
    for stranger in strangers:
        attempt = resources.write(replace(allowed, caller=stranger), tag or "*")
        after = current_item(allowed, resources)

        expect.status(allowed.operation.refusal, attempt, because=f"{stranger.name} may not send it")
        expect.that(
            content_of(after) == content_of(before),
            f"{stranger.name} was refused and changed it",
            expected="no effect",
            shown=[attempt] if after is None else [attempt, after],
        )
    succeeded(resources.write(allowed, tag or "*"), "it fails for the caller who may send it too")


def current_item(prepared: PreparedRequest, resources: Resources) -> Exchange | None:
    """Read the item that a request names; None where it names none."""
    if prepared.item is None:
        return None
    return resources.read(prepared)


def content_of(answer: Exchange | None) -> Any:
    return None if answer is None else answer.json()
