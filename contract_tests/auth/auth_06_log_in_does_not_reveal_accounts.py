"""AUTH-06: log in does not reveal accounts."""

from functools import partial

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, has_role
from bookplate.faults import Request, Steps
from bookplate.fixtures import Users
from bookplate.wire import told_apart


@experiment("AUTH-06", source="OWASP API2:2023", applies=has_role("log-in"))
def test_log_in_does_not_reveal_accounts(operation: Operation, users: Users) -> str:
    """An unknown user and a wrong password are one answer: status, header names and content, but for what names the request."""
    user = users.disposable()
    unknown, attempt = f"nobody-{user.identifier}", partial(users.attempt, password="the password of nobody")
    if shown := told_apart({each: partial(attempt, each) for each in (user.identifier, unknown)}):
        observed = f"a wrong password: {shown[0].describe()}; an unknown user: {shown[1].describe()}"
        raise Violation(observed, expected="one answer", exchanges=[*filter(None, [user.made]), *shown])
    return "how long each takes"


def wrong_log_ins(request: Request, known: bool, status: int, **members: str) -> Steps:
    """Answer those log-ins otherwise that are wrong for an account that is there, or for one that is not."""
    answer = yield
    email, signed_up = (request.json() or {}).get("email"), request.memory.setdefault("signed up", set())
    if answer.status == 201:
        signed_up.add(email)
    elif answer.status == 401 and email and (email in signed_up) is known:
        answer.become(status, **members)


@fault(test_log_in_does_not_reveal_accounts)
def unknown_users_are_not_found(request: Request) -> Steps:
    """Who is not there is 404."""
    yield from wrong_log_ins(request, False, 404)


@fault(test_log_in_does_not_reveal_accounts)
def a_wrong_password_is_told(request: Request) -> Steps:
    """The detail of a wrong password says that it is one."""
    yield from wrong_log_ins(request, True, 401, detail="The password is wrong.")
