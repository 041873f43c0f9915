"""AUTH-05: ended credentials are refused."""

from dataclasses import replace

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation, has_role, put
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange, succeeded

NOT_ROTATED = "a refresh token stays good after its use: none takes its place"


def ends_tokens(operation: Operation) -> bool:
    role, closes = operation.auth_role, operation.method == "DELETE"
    ends_an_account = role is not None and role.role == "account" and (closes or role.proof is not None)
    return operation.role in ("log-out", "refresh") or ends_an_account


@experiment("AUTH-05", source="RFC 9700, section 4.14.2; OWASP API2:2023", applies=ends_tokens)
def test_ended_credentials_are_refused(operation: Operation, users: Users, resources: Resources) -> str:
    """
    Tokens fail after their log-out and with their account, a refresh token after its use, other sessions on a new password.
    """
    user = users.disposable()
    ended, done = ending(operation, user, users, resources)
    succeeded(done, "nothing is ended")
    same = operation.role_value("refresh", done.json()) in (None, ended.refresh)
    if same and has_role("refresh")(operation):
        return NOT_ROTATED
    for answer in users.opened_by(ended):
        raise Violation(f"{answer.describe()} after {done.describe()}", expected="401", exchanges=[done, answer])
    return ""


def ending(operation: Operation, user: User, users: Users, resources: Resources) -> tuple[User, Exchange]:
    """End what an operation ends, and return it with the answer."""
    if has_role("refresh")(operation):
        return replace(user, token=""), users.renew(user).entered
    prepared, role, body = PreparedRequest(operation, user), operation.auth_role, resources.samples.body(operation)
    if role is not None and role.proof is not None:
        user = users.log_in(f"{user.name}_ELSEWHERE", "", user.identifier, user.secret)
        put(body, role.proof, user.secret)
        put(body, operation.role_pointer("secret"), f"{user.secret} anew")
    tag = resources.read(prepared).header("etag") if operation.has_parameter("If-Match", "header") else None
    return user, resources.write(prepared, tag, body)


@fault(test_ended_credentials_are_refused)
def log_out_is_for_show(request: Request) -> None:
    """Log-out answers and does nothing."""
    if request.path.endswith("/logout"):
        request.method, request.path = "GET", "/api/health/live"


@fault(test_ended_credentials_are_refused)
def used_refresh_tokens_are_good(request: Request, answer: Answer) -> None:
    """A refresh token that was exchanged once is exchanged again."""
    if request.path.endswith("/refresh") and answer.status == 200:
        request.memory["pair"] = answer.json()
    elif request.path.endswith("/refresh") and "pair" in request.memory:
        answer.become(200, request.memory["pair"])


@fault(test_ended_credentials_are_refused)
def tokens_outlive_their_account(request: Request, answer: Answer) -> None:
    """Nobody looks whether the session lives: what is well signed is good until it expires."""
    if answer.status == 401 and request.headers.get("authorization", "").count(".") == 2:
        answer.become(200, {})


@fault(test_ended_credentials_are_refused)
def other_sessions_survive_a_new_password(request: Request) -> None:
    """A new password is not kept, and no session ends."""
    if request.method == "PATCH" and "current_password" in request.members:
        request.rewrite({"display_name": "Somebody"})
