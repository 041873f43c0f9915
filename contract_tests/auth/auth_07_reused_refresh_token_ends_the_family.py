"""AUTH-07: reused refresh token ends the family."""

import time

from bookplate import SHOULD, NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Clock, Users

from ._shared import grace_of, is_refresh

NOT_ROTATED = "a refresh token stays good after its use: none takes its place"


@experiment("AUTH-07", source="RFC 9700, section 4.14.2", level=SHOULD, applies=has_role("refresh"))
def test_reused_refresh_token_ends_the_family(operation: Operation, users: Users, clock: Clock) -> str:
    """
    A spent refresh token that comes again is refused and ends the session that came of it, its newest tokens included.

    Where the document declares a grace, it comes when that is over.
    """
    grace = grace_of(operation)
    has_clock = grace > 0 and clock.is_movable
    people = clock.session.users if has_clock else users
    user = people.disposable()
    heir = people.renew(user)
    if heir.refresh in ("", user.refresh):
        return NOT_ROTATED

    if has_clock:
        people.advance(grace + 1)
    elif grace:
        wait(grace + 1, people)
    again = people.renew(user)

    if again.entered.status < 400:
        observed = f"{again.entered.describe()} with a spent token"
        raise Violation(observed, expected="401", exchanges=[heir.entered, again.entered])
    for answer in people.opened_by(heir):
        raise Violation(
            f"{answer.describe()} after reuse", expected="401", exchanges=[heir.entered, again.entered, answer]
        )
    return ""


def wait(seconds: int, users: Users) -> None:
    """Let time go by; NotChecked where that takes longer than the user has patience for."""
    if seconds > users.client.patience:
        raise NotChecked(f"the grace ends after {seconds} s, longer than --patience allows")
    time.sleep(seconds)


@fault(test_reused_refresh_token_ends_the_family)
def reuse_is_only_refused(request: Request) -> Steps:
    """A spent refresh token is refused, and that is all."""
    if request.body == request.memory.get("spent"):
        request.body = b'{"refresh_token": "a-token-that-nobody-was-ever-given-00000"}'
    answer = yield
    if request.path.endswith("/refresh") and answer.status == 200:
        request.memory["spent"] = request.body


@fault(test_reused_refresh_token_ends_the_family)
def a_spent_token_is_exchanged_again(request: Request, answer: Answer) -> None:
    """A spent refresh token is answered as the first time, however late it comes."""
    if is_refresh(request) and answer.status == 200:
        request.memory[request.body] = answer.json()
    elif is_refresh(request) and request.body in request.memory:
        answer.become(200, request.memory[request.body])
