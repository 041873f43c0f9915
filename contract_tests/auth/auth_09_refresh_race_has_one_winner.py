"""AUTH-09: of two refreshes at once, one succeeds."""

import time

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import User, Users, busy, is_announced_pause
from bookplate.wire import Exchange, race

from ._shared import answer_as_before, grace_of, is_refresh

ROUNDS = 2


def has_a_grace(operation: Operation) -> bool:
    return has_role("refresh")(operation) and grace_of(operation) > 0


@experiment("AUTH-09", source="RFC 9700, section 4.14.2; x-auth-role", applies=has_a_grace)
def test_refresh_race_has_one_winner(operation: Operation, users: Users) -> None:
    """
    When two refreshes with one token arrive at once, one succeeds, the other gets 401, and the session lives.

    The token is used a third time within the grace that the document declares (`reuse-grace`): that is 401
    too. The tokens of the winner work after all this.

    Why it matters: two tabs of one browser often refresh at the same moment. When both fail, or the session
    ends, the user is logged out for no reason; when both succeed, a stolen token goes unnoticed.

    To mend it: exchange a refresh token by one conditional write, such as `UPDATE ... WHERE used_at IS NULL`, and
    look at the number of rows. Who comes second within the grace gets 401, and the session goes on; only a late
    reuse ends it.
    """
    for _ in range(ROUNDS):
        user = users.disposable()

        started = time.monotonic()
        at_once = race([users.rotation(user), users.rotation(user)])
        late = users.rotation(user)()
        if time.monotonic() - started >= grace_of(operation):
            raise NotChecked("three refreshes took longer than the grace")

        pause = next((answer for answer in at_once if is_announced_pause(answer, operation)), None)
        if pause is not None:
            raise busy(pause)
        winner = one_succeeds(at_once)
        refused = [answer for answer in (*at_once, late) if answer is not winner]
        for answer in refused:
            expect.status(401, answer, because="its token was just spent", after=[winner])
        session_lives(users, user, winner, refused)


def one_succeeds(answers: list[Exchange]) -> Exchange:
    """Expect one of the answers to be a success, and return it."""
    won = [answer for answer in answers if answer.status < 300]
    expect.that(
        len(won) == 1,
        f"two refreshes at once with one token: {len(won)} succeeded",
        expected="one",
        shown=answers,
    )
    return won[0]


def session_lives(users: Users, user: User, winner: Exchange, refused: list[Exchange]) -> None:
    """Expect both tokens of the answer that won to work."""
    renewed = users.renewed(user, winner)
    read = users.probe(renewed)
    refreshed = users.renew(renewed).entered
    for answer in (read, refreshed):
        if answer.status in (429, 503):
            raise NotChecked(f"whether the winner's tokens work: {answer.describe()}")

    # The read may be refused for want of a role; only 401 says that the token opens nothing.
    for answer, works in ((read, read.status != 401), (refreshed, refreshed.status < 400)):
        expect.that(
            works,
            f"the winner of two refreshes at once is signed out: {answer.describe()}",
            expected="its session lives",
            shown=[winner, *refused, answer],
        )


@fault(test_refresh_race_has_one_winner)
def both_succeed(request: Request, answer: Answer) -> None:
    """The token is checked before the lock: two refreshes at once, and late ones, get the same tokens."""
    answer_as_before(request, answer)


@fault(test_refresh_race_has_one_winner)
def the_loser_ends_the_session(request: Request) -> Steps:
    """A spent token ends its session, even when it was spent a moment ago."""
    # On the way in: the tokens of a session that has ended are replaced by some that the server does not know.
    ended_tokens = request.memory.setdefault("ended", set())
    if is_refresh(request) and request.members["refresh_token"] in ended_tokens:
        request.put(refresh_token="a-token-that-nobody-was-ever-given-00000")
    if request.headers.get("authorization", "").removeprefix("Bearer ") in ended_tokens:
        request.headers["authorization"] = "Bearer of-nothing"
    spent_token = request.body

    answer = yield

    # On the way out: a success is remembered with its new tokens. A 401 for the same spent token ends these.
    if not is_refresh(request):
        return
    if answer.status == 200:
        request.memory[spent_token] = {answer.members["access_token"], answer.members["refresh_token"]}
    elif answer.status == 401:
        ended_tokens.update(request.memory.get(spent_token, set()))


@fault(test_refresh_race_has_one_winner, statuses=(401,))
def the_loser_is_told_of_a_conflict(request: Request, answer: Answer) -> None:
    """Of two refreshes at once the second is answered 409."""
    if is_refresh(request):
        answer.become(409)


@fault(test_refresh_race_has_one_winner)
def the_next_token_does_not_work(request: Request, answer: Answer) -> None:
    """A refresh token that came of a refresh is answered 400."""
    if is_refresh(request) and answer.status == 200:
        request.remember(answer.members.get("refresh_token", ""))
        if request.members["refresh_token"] in request.memory:
            answer.become(400)


@fault(test_refresh_race_has_one_winner)
def every_refresh_is_refused(request: Request, answer: Answer) -> None:
    """Every refresh is refused."""
    if is_refresh(request) and answer.status == 200:
        answer.become(401, {})
