"""AUTH-07: a refresh token that is used twice ends its session."""

import time

from bookplate import SHOULD, NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Clock, User, Users

from ._shared import NOT_ROTATED, answer_as_before, grace_of


@experiment(
    "AUTH-07", source="RFC 9700, section 4.14.2", owasp=("API2:2023",), level=SHOULD, applies=has_role("refresh")
)
def test_reused_refresh_token_ends_the_family(operation: Operation, users: Users, clock: Clock) -> None:
    """
    A refresh token that is used again is refused, and every token that came of it is refused from then on.

    Where the document declares a grace (`reuse-grace`), the token is used again after the grace has passed. The grace is
    that of the last token alone: one that was exchanged before it ends the session at once.

    Why it matters: a token that comes twice was probably stolen. The service cannot tell thief and owner
    apart, so only the end of the session stops the thief.

    To mend it: store each refresh token as used when it is exchanged, with the session that it belongs to. When a
    used one comes back later than the grace allows, end the whole session: access tokens and all later refresh
    tokens.
    """
    grace = grace_of(operation)
    if grace:
        older_tokens_have_no_grace(users)
    moves_clock = grace > 0 and clock.is_movable
    if moves_clock:
        users = clock.session.users
    user = users.disposable()
    renewed = users.renew(user)
    if renewed.refresh in ("", user.refresh):
        raise NotChecked(NOT_ROTATED)

    if moves_clock:
        users.advance(grace + 1)
    elif grace:
        wait(grace + 1, users)
    expect_family_ended(user, renewed, users)


def older_tokens_have_no_grace(users: Users) -> None:
    """Exchange a token twice, use the first one again within the grace, and expect the session to end."""
    user = users.disposable()
    renewed = users.renew(user)
    if renewed.refresh in ("", user.refresh):
        raise NotChecked(NOT_ROTATED)
    last = users.renew(renewed)
    if last.token:
        expect_family_ended(user, last, users)


def expect_family_ended(user: User, renewed: User, users: Users) -> None:
    """Use a spent token again; expect a refusal, and that what came of it last opens nothing any more."""
    reused = users.renew(user).entered
    expect.that(
        reused.status >= 400,
        f"{reused.describe()} with a spent token",
        expected="401",
        shown=[renewed.entered, reused],
    )
    for accepted, trial in expect.each(users.opened_by(renewed)):
        with trial:
            expect.status(401, accepted, because="the reuse ends the session", after=[renewed.entered, reused])


def wait(seconds: int, users: Users) -> None:
    """Let time pass; NotChecked where that takes longer than --patience allows."""
    if seconds > users.client.patience:
        raise NotChecked(f"the grace ends after {seconds} s, longer than --patience allows")
    time.sleep(seconds)


@fault(test_reused_refresh_token_ends_the_family)
def reuse_does_not_end_the_session(request: Request) -> Steps:
    """A refresh token that is used again is refused, and its session lives on."""
    if request.body == request.memory.get("spent"):
        request.body = b'{"refresh_token": "a-token-that-nobody-was-ever-given-00000"}'

    answer = yield

    if request.path.endswith("/refresh") and answer.status == 200:
        request.memory["spent"] = request.body


@fault(test_reused_refresh_token_ends_the_family)
def spent_tokens_are_exchanged_at_any_time(request: Request, answer: Answer) -> None:
    """A refresh token that is used again gets the same tokens again, no matter how late."""
    answer_as_before(request, answer)


@fault(test_reused_refresh_token_ends_the_family)
def the_grace_is_that_of_every_token(request: Request) -> Steps:
    """A token that was exchanged before the last one is refused, and the session lives on."""
    spent = request.memory.setdefault("spent", [])
    if request.path.endswith("/refresh") and request.body in spent[:-1]:
        request.body = b'{"refresh_token": "a-token-that-nobody-was-ever-given-00000"}'

    answer = yield

    if request.path.endswith("/refresh") and answer.status == 200:
        spent.append(request.body)
