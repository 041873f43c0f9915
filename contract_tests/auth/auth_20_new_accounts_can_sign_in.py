"""AUTH-20: a new account can sign in."""

import shlex

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import has_role
from bookplate.faults import Answer, Request
from bookplate.fixtures import User, Users
from bookplate.wire import succeeded


@experiment("AUTH-20", source="x-auth-role; RFC 6750, section 3.1; RFC 9110, section 15.6", applies=has_role("log-in"))
def test_new_accounts_can_sign_in(users: Users) -> None:
    """
    A log-in with the password of a new account gets no 5xx, and the token that it hands out gets no 401.

    A refusal with a 4xx at the log-in shows nothing: a service may want an address confirmed first. The token is shown to
    a read that asks for one.

    Why it matters: without it nobody gets in. Whatever needs a user is then out of reach for a test, too, and a report in
    which nothing failed would look like good news.

    To mend it: read the traceback of the log-in in the log of the server. Issue and verify tokens with the same
    key, issuer and audience, on each process and each instance, and commit the session before the answer is sent.
    """
    identifier, password = users.entrance.fresh_identifier(), users.entrance.long_password()
    users.script.define_secret("PASSWORD_NEWCOMER", password, f"a password of {len(password)} characters")
    start, rest = password[:4], len(password) - 4
    another = f"import secrets; print({start!r} + secrets.token_hex({rest})[:{rest}])"
    users.script.define("PASSWORD_NEWCOMER", password, f"$(python3 -c {shlex.quote(another)})", is_secret=True)
    made = succeeded(users.entrance.sign_up_as(identifier, password), "nobody can be signed up")

    answer = users.entrance.attempt(identifier, password)
    expect.no_server_error(answer, what="the password of a new account", after=[made])
    if answer.status >= 400:
        raise NotChecked(f"a new account may have to be confirmed first: {answer.describe()}")

    newcomer = users.entrance.let_in(User("NEWCOMER", users.new_client_address(), identifier, password), made)
    if not users.entrance.probes.reads_that_ask(newcomer):
        raise NotChecked("no read asks for credentials")
    shown = users.entrance.probes.probe(newcomer)
    observed = f"with what the log-in of a new account has handed out: {shown.describe()}"
    expect.that(shown.status != 401, observed, expected="no 401", shown=[made, answer, shown])


@fault(test_new_accounts_can_sign_in)
def log_in_crashes(request: Request, answer: Answer) -> None:
    """Every log-in that succeeds ends in an unhandled exception."""
    if "access_token" in answer.members and answer.status == 200:
        answer.become(500)


@fault(test_new_accounts_can_sign_in)
def tokens_are_never_accepted(request: Request) -> None:
    """No token is recognised."""
    if request.headers.get("authorization", "").startswith("Bearer "):
        request.headers["authorization"] = "Bearer of-nobody"
