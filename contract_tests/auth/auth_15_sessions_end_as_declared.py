"""AUTH-15: sessions end as declared."""

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role, put
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange, succeeded


def says_what_ends(operation: Operation) -> bool:
    """The document says which sessions of the account end with it."""
    return operation.auth_role is not None and operation.auth_role.ends is not None


@experiment("AUTH-15", source="x-auth-role", owasp=("API2:2023",), applies=says_what_ends)
def test_sessions_end_as_declared(operation: Operation, users: Users, resources: Resources) -> None:
    """
    Of two sessions of one account, an operation ends those that `ends` of its `x-auth-role` names, and no other.

    With `session` its own one ends and the other one lives; with `others` it is the other way round; with `account` both
    end. Both admit their user before, and the access token of each is tried afterwards.

    Why it matters: a user who logs out of a borrowed computer expects to stay signed in at home. A user who logs out
    everywhere expects that nothing is left.

    To mend it: give each session an id, and store it in its tokens. End by that id where one session is meant, and
    by the account, without the calling session, where the document names the others.
    """
    here = users.disposable()
    there = users.log_in(f"{here.name}_ELSEWHERE", "", here.identifier, here.secret)
    for user in (here, there):
        if users.probe(user).status == 401:
            raise NotChecked("an account cannot have two sessions: logging in again ends the first one")

    ending = succeeded(end(operation, here, resources), "nothing is ended")

    assert operation.auth_role is not None
    ends = operation.auth_role.ends
    for name, user, is_over in (("its own", here, ends != "others"), ("the other", there, ends != "session")):
        answer = users.probe(user)
        observed = f"{name} session: {answer.describe()} after {ending.summary()}"
        expected = "401, as it has ended" if is_over else "no 401, as it lives"
        expect.that((answer.status == 401) == is_over, observed, expected=expected, shown=[ending, answer])


def end(operation: Operation, user: User, resources: Resources) -> Exchange:
    """Send the operation as a user: a log-out, or a change of the account that proves itself and sets a new secret."""
    prepared = PreparedRequest(operation, user)
    if has_role("log-out")(operation):
        return resources.write(prepared, None)
    body = resources.samples.body(operation)
    role = operation.auth_role
    if role is not None and role.proof is not None:
        put(body, role.proof, user.secret)
        put(body, operation.role_pointer("secret"), f"{user.secret} anew")
    tag = resources.read(prepared).header("etag") if operation.has_parameter("If-Match", "header") else None
    return resources.write(prepared, tag, body)


@fault(test_sessions_end_as_declared)
def log_out_ends_the_account(request: Request) -> Steps:
    """Log-out ends every session of the account."""
    answer = yield
    if request.path.endswith("/logout") and answer.status == 204:
        request.remember("ended")
    elif "ended" in request.memory and request.method == "GET" and "authorization" in request.headers:
        answer.become(401)


@fault(test_sessions_end_as_declared)
def new_password_ends_its_own_session(request: Request, answer: Answer) -> None:
    """A new password ends the session that has set it too."""
    token = request.headers.get("authorization")
    if request.method == "PATCH" and "current_password" in request.members and answer.status == 200:
        request.remember(token)
    elif token is not None and token in request.memory:
        answer.become(401)
