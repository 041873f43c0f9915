"""AUTH-06: log-in does not reveal which accounts exist."""

from functools import partial

from bookplate import expect, experiment, fault, partly
from bookplate.contract import Operation, has_role
from bookplate.faults import Request, Steps
from bookplate.fixtures import Users
from bookplate.wire import distinguishing_answers

from ._shared import sign_up_of


@experiment("AUTH-06", source="OWASP API2:2023", owasp=("API2:2023",), applies=has_role("log-in"))
def test_log_in_does_not_reveal_accounts(operation: Operation, users: Users) -> None:
    """
    A log-in with an unknown user gets the same answer as one with a wrong password.

    Status, names of header fields and content are compared, over several log-ins of each kind. The identifier that
    the request itself named is left out of the comparison.

    Why it matters: an attacker learns from the difference which addresses have an account, and attacks only those.

    To mend it: give one answer for an unknown user and for a wrong password: the same status, header fields and
    text, from one line of code. Verify some password hash for unknown users too, so that both take the same time.
    """
    user = users.disposable()
    known, unknown = user.identifier, f"nobody-{user.identifier}"
    attempt = partial(users.attempt, password="the password of nobody")

    different = distinguishing_answers({known: partial(attempt, known), unknown: partial(attempt, unknown)})

    expect.that(
        not different,
        f"a wrong password and an unknown user differ: {'; '.join(answer.describe() for answer in different)}",
        expected="the same answer to both",
        shown=[*sign_up_of(user), *different],
    )
    partly(
        "how long each takes: PROBE-05 compares it, with --timing", tested="status, names of header fields and content"
    )


def change_failed_log_ins(request: Request, is_known: bool, status: int, **members: str) -> Steps:
    """Change the answers to failed log-ins of accounts that exist, or of those that do not."""
    signed_up = request.memory.setdefault("signed up", set())
    email = request.members.get("email")

    answer = yield

    if answer.status == 201:
        signed_up.add(email)
    elif answer.status == 401 and email and (email in signed_up) == is_known:
        answer.become(status, **members)


@fault(test_log_in_does_not_reveal_accounts)
def unknown_user_is_not_found(request: Request) -> Steps:
    """A log-in with an unknown user is answered 404."""
    yield from change_failed_log_ins(request, False, 404)


@fault(test_log_in_does_not_reveal_accounts)
def wrong_password_is_named(request: Request) -> Steps:
    """The detail says that the password is wrong, where the account exists."""
    yield from change_failed_log_ins(request, True, 401, detail="The password is wrong.")
