"""AUTH-09: refresh race has one winner."""

import time

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Users
from bookplate.wire import race

from ._shared import grace_of, is_refresh

ROUNDS = 2


def has_a_grace(operation: Operation) -> bool:
    return has_role("refresh")(operation) and grace_of(operation) > 0


@experiment("AUTH-09", source="RFC 9700, section 4.14.2; x-auth-role", applies=has_a_grace)
def test_refresh_race_has_one_winner(operation: Operation, users: Users) -> None:
    """
    Of two refreshes at once with one token one succeeds and the other is 401, and the tokens of the first work afterwards.

    So they do after the token came once more within the grace that the document declares.
    """
    for _ in range(ROUNDS):
        user = users.disposable()
        started = time.monotonic()
        answers = race([users.rotation(user), users.rotation(user)])
        answers.append(users.rotation(user)())
        if time.monotonic() - started >= grace_of(operation):
            raise NotChecked("three refreshes took longer than the grace")

        won = [answer for answer in answers[:2] if answer.status < 300]
        refused = [answer for answer in answers if answer not in won]
        if len(won) != 1:
            observed = f"two refreshes at once with one token: {len(won)} succeeded"
            raise Violation(observed, expected="one", exchanges=answers[:2])
        for answer in refused:
            if answer.status != 401:
                observed = f"{answer.describe()} with a token that was just spent"
                raise Violation(observed, expected="401", exchanges=[won[0], answer])

        heir = users.renewed(user, won[0])
        read = users.probe_token(heir.headers())
        renewed = users.renew(heir).entered
        busy = [answer for answer in (read, renewed) if answer.status in (429, 503)]
        if busy:
            raise NotChecked(f"whether the winner's tokens work: {busy[0].describe()}")
        # The read may be refused for want of a role; only 401 says that the token opens nothing.
        lost = [answer for answer, is_lost in ((read, read.status == 401), (renewed, renewed.status >= 400)) if is_lost]
        if lost:
            observed = f"the winner of two refreshes at once is signed out: {lost[0].describe()}"
            raise Violation(observed, expected="its session lives", exchanges=[won[0], *refused, lost[0]])


@fault(test_refresh_race_has_one_winner)
def both_succeed(request: Request, answer: Answer) -> None:
    """Whether a token was spent is asked before the lock: two at once, and late ones, are given the same tokens."""
    if is_refresh(request) and answer.status == 200:
        request.memory[request.body] = answer.json()
    elif is_refresh(request) and request.body in request.memory:
        answer.become(200, request.memory[request.body])


@fault(test_refresh_race_has_one_winner)
def the_loser_ends_the_session(request: Request) -> Steps:
    """A spent token ends its session at once, the one that was spent a moment ago too."""
    ended = request.memory.setdefault("ended", set())
    if is_refresh(request) and request.members["refresh_token"] in ended:
        request.put(refresh_token="a-token-that-nobody-was-ever-given-00000")
    if request.headers.get("authorization", "").removeprefix("Bearer ") in ended:
        request.headers["authorization"] = "Bearer of-nothing"
    spent = request.body
    answer = yield
    if is_refresh(request) and answer.status == 200:
        request.memory[spent] = {answer.members["access_token"], answer.members["refresh_token"]}
    elif is_refresh(request) and answer.status == 401:
        ended |= request.memory.get(spent, set())


@fault(test_refresh_race_has_one_winner, statuses=(401,))
def the_loser_is_told_of_a_conflict(request: Request, answer: Answer) -> None:
    """Of two at once the second is answered 409."""
    answer.become(409, where=is_refresh(request))


@fault(test_refresh_race_has_one_winner)
def the_next_token_is_of_no_use(request: Request, answer: Answer) -> None:
    """A refresh token that came of a refresh is answered 400."""
    if is_refresh(request) and answer.status == 200:
        answer.become(400, where=request.members["refresh_token"] in request.memory)
        request.memory.update({answer.members.get("refresh_token", ""): True})


@fault(test_refresh_race_has_one_winner)
def nobody_wins(request: Request, answer: Answer) -> None:
    """Every refresh is refused."""
    if is_refresh(request) and answer.status == 200:
        answer.become(401, {})
