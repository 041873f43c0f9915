"""Rotation of refresh tokens: what becomes of a session whose spent token comes again, soon or late."""

import time

from ..accounts import Accounts, told
from ..client import race
from ..fault import Answer, Request, Steps
from ..operation import Operation, has_role
from ..rule import SHOULD, NotChecked, Violation, experiment
from ..scene import Scene

NOT_ROTATED = "a refresh token stays good after its use: none takes its place"
ROUNDS = 2


def grace_of(operation: Operation) -> int:
    """Return for how many seconds after a rotation the previous token is forgiven; 0 where nothing is declared."""
    return int((operation.auth_role or {}).get("reuse-grace", 0))


def has_a_grace(operation: Operation) -> bool:
    return has_role("refresh")(operation) and grace_of(operation) > 0


@experiment("AUTH-07", source="RFC 9700, section 4.14.2", level=SHOULD, applies=has_role("refresh"))
def reuse_ends_the_family(operation: Operation, accounts: Accounts, scene: Scene) -> str:
    """
    A spent refresh token that comes again is refused and ends the session that came of it, its newest tokens included.

    Where the document declares a grace, it comes when that is over.
    """
    grace = grace_of(operation)
    has_clock = grace > 0 and scene.has_clock
    people = scene.clock.accounts if has_clock else accounts
    account = people.throw_away()
    heir = people.renew(account)
    if heir.refresh in ("", account.refresh):
        return NOT_ROTATED

    if has_clock:
        people.advance(grace + 1)
    elif grace:
        wait(grace + 1, people)
    again = people.renew(account)

    if again.entered.status < 400:
        observed = f"{told(again.entered)} with a spent token"
        raise Violation(observed, expected="401", exchanges=[heir.entered, again.entered])
    for answer in people.opened_by(heir):
        raise Violation(f"{told(answer)} after reuse", expected="401", exchanges=[heir.entered, again.entered, answer])
    return ""


def wait(seconds: int, accounts: Accounts) -> None:
    """Let time go by; NotChecked where that takes longer than the user has patience for."""
    if seconds > accounts.client.patience:
        raise NotChecked(f"the grace ends after {seconds} s, longer than --patience allows")
    time.sleep(seconds)


@experiment("AUTH-09", source="RFC 9700, section 4.14.2; x-auth-role", applies=has_a_grace)
def a_refresh_race_has_a_winner(operation: Operation, accounts: Accounts) -> None:
    """
    Of two refreshes at once with one token one succeeds and the other is 401, and the tokens of the first work afterwards.

    So they do after the token came once more within the grace that the document declares.
    """
    for _ in range(ROUNDS):
        account = accounts.throw_away()
        started = time.monotonic()
        answers = race([accounts.rotation(account), accounts.rotation(account)])
        answers.append(accounts.rotation(account)())
        if time.monotonic() - started >= grace_of(operation):
            raise NotChecked("three refreshes took longer than the grace")

        won = [answer for answer in answers[:2] if answer.status < 300]
        refused = [answer for answer in answers if answer not in won]
        if len(won) != 1:
            observed = f"two refreshes at once with one token: {len(won)} succeeded"
            raise Violation(observed, expected="one", exchanges=answers[:2])
        for answer in refused:
            if answer.status != 401:
                observed = f"{told(answer)} with a token that was just spent"
                raise Violation(observed, expected="401", exchanges=[won[0], answer])

        heir = accounts.renewed(account, won[0])
        read = accounts.knock(heir.headers())
        renewed = accounts.renew(heir).entered
        busy = [answer for answer in (read, renewed) if answer.status in (429, 503)]
        if busy:
            raise NotChecked(f"whether the winner's tokens work: {told(busy[0])}")
        # The read may be refused for want of a role; only 401 says that the token opens nothing.
        lost = [answer for answer, is_lost in ((read, read.status == 401), (renewed, renewed.status >= 400)) if is_lost]
        if lost:
            observed = f"the winner of two refreshes at once is signed out: {told(lost[0])}"
            raise Violation(observed, expected="its session lives", exchanges=[won[0], *refused, lost[0]])


def is_refresh(request: Request) -> bool:
    return request.path.endswith("/refresh") and "refresh_token" in request.members


@reuse_ends_the_family.broken_by
def reuse_is_only_refused(request: Request) -> Steps:
    """A spent refresh token is refused, and that is all."""
    if request.body == request.memory.get("spent"):
        request.body = b'{"refresh_token": "a-token-that-nobody-was-ever-given-00000"}'
    answer = yield
    if request.path.endswith("/refresh") and answer.status == 200:
        request.memory["spent"] = request.body


@reuse_ends_the_family.broken_by
def a_spent_token_is_exchanged_again(request: Request, answer: Answer) -> None:
    """A spent refresh token is answered as the first time, however late it comes."""
    if is_refresh(request) and answer.status == 200:
        request.memory[request.body] = answer.json()
    elif is_refresh(request) and request.body in request.memory:
        answer.become(200, request.memory[request.body])


@a_refresh_race_has_a_winner.broken_by
def both_succeed(request: Request, answer: Answer) -> None:
    """Whether a token was spent is asked before the lock: two at once, and late ones, are given the same tokens."""
    if is_refresh(request) and answer.status == 200:
        request.memory[request.body] = answer.json()
    elif is_refresh(request) and request.body in request.memory:
        answer.become(200, request.memory[request.body])


@a_refresh_race_has_a_winner.broken_by
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


@a_refresh_race_has_a_winner.broken_at(401)
def the_loser_is_told_of_a_conflict(request: Request, answer: Answer) -> None:
    """Of two at once the second is answered 409."""
    answer.become(409, where=is_refresh(request))


@a_refresh_race_has_a_winner.broken_by
def the_next_token_is_of_no_use(request: Request, answer: Answer) -> None:
    """A refresh token that came of a refresh is answered 400."""
    if is_refresh(request) and answer.status == 200:
        answer.become(400, where=request.members["refresh_token"] in request.memory)
        request.memory.update({answer.members.get("refresh_token", ""): True})


@a_refresh_race_has_a_winner.broken_by
def nobody_wins(request: Request, answer: Answer) -> None:
    """Every refresh is refused."""
    if is_refresh(request) and answer.status == 200:
        answer.become(401, {})
