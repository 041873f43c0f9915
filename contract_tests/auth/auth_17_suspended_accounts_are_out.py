"""AUTH-17: nobody gets in with a suspended account."""

from bookplate import control, expect, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users, change_account
from bookplate.wire import Exchange, succeeded

NO_ACCESS = (401, 403)


def suspends_accounts(operation: Operation) -> bool:
    """The document says where a request to it suspends an account."""
    return operation.access is not None and operation.access.suspends is not None and operation.declares_access


@experiment("AUTH-17", source="x-access; OWASP ASVS 5.0, section 7.4", owasp=("API2:2023",), applies=suspends_accounts)
def test_suspended_accounts_are_out(operation: Operation, users: Users, resources: Resources) -> None:
    """
    When the member at `suspends` of x-access becomes false, the account's tokens are refused, and nobody signs in to it.

    Access token and refresh token of two sessions are tried, and the password. When the member is true again, the password
    signs in, and the old tokens open nothing: the sessions have ended.

    Why it matters: an account is suspended because somebody else has it, or its user has left. Who is signed in already
    stays in for as long as a refresh token lives, unless the sessions end.

    To mend it: look at the state of the account with each request, with each refresh and at each log-in, and not
    only when a token is issued. End the sessions of an account when it is suspended, so that none is good again
    afterwards.
    """
    assert operation.access is not None
    assert operation.access.suspends is not None
    here = users.disposable()
    there = users.log_in(f"{here.name}_ELSEWHERE", "", here.identifier, here.secret)
    control(users.probe(here), "a refusal of the suspended account")
    allowed = PreparedRequest(operation, users.with_role(*operation.roles), resources.subject(operation, here))

    suspended = succeeded(
        change_account(allowed, operation.access.suspends, False, resources), "no account is suspended"
    )
    expect_tokens_refused([here, there], users, [suspended])
    entry = users.entrance.enter(here.identifier, here.secret)
    observed = f"a password signs in to a suspended account: {entry.answer.describe()}"
    expect.that(not entry.is_open, observed, expected="a refusal", shown=[suspended, entry.answer])

    restored = succeeded(change_account(allowed, operation.access.suspends, True, resources), "it stays suspended")
    expect_tokens_refused([here, there], users, [suspended, restored])
    entry = users.entrance.enter(here.identifier, here.secret)
    observed = f"the account is no longer suspended, and its password is refused: {entry.answer.describe()}"
    expect.that(entry.is_open, observed, expected="it signs in", shown=[suspended, restored, entry.answer])


def expect_tokens_refused(holders: list[User], users: Users, after: list[Exchange]) -> None:
    for holder in holders:
        answer = users.probe(holder)
        observed = f"{answer.describe()} with a token of a suspended account"
        expect.that(answer.status in NO_ACCESS, observed, expected="401 or 403", shown=[*after, answer])
        renewed = users.renew(holder).entered if holder.refresh else None
        expect.that(
            renewed is None or renewed.status >= 400,
            f"a refresh token of a suspended account: {renewed.describe() if renewed else ''}",
            expected="a refusal",
            shown=[*after, *([renewed] if renewed else [])],
        )


@fault(test_suspended_accounts_are_out, statuses=(401,))
def tokens_outlive_the_suspension(request: Request, answer: Answer) -> None:
    """A token of a suspended account is accepted until it expires."""
    if request.method == "GET" and request.headers.get("authorization", "").count(".") == 2:
        answer.become(200, {})


@fault(test_suspended_accounts_are_out)
def suspended_accounts_may_renew(request: Request, answer: Answer) -> None:
    """A refresh token of a suspended account is exchanged."""
    if request.path.endswith("/refresh") and answer.status == 401:
        answer.become(200, {"access_token": "a.b.c", "refresh_token": "r" * 40})


@fault(test_suspended_accounts_are_out)
def suspended_accounts_may_sign_in(request: Request, answer: Answer) -> None:
    """A log-in to a suspended account hands out the tokens of somebody else."""
    if request.path.endswith("/login"):
        if answer.status == 200:
            request.memory["tokens"] = answer.json()
        elif "tokens" in request.memory:
            answer.become(200, request.memory["tokens"])


@fault(test_suspended_accounts_are_out)
def sessions_sleep(request: Request) -> Steps:
    """The sessions of a suspended account are refused, and good again afterwards."""
    answer = yield
    token = request.headers.get("authorization", "")
    if request.method == "PATCH" and "active" in request.members:
        request.memory["awake"] = request.members["active"]
    elif request.method == "GET" and answer.status == 401 and request.memory.get("awake") and token.count(".") == 2:
        answer.become(200, {})
