"""AUTH-05: credentials end when the document says so."""

from dataclasses import replace

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, has_role, put
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange, succeeded

from ._shared import NOT_ROTATED, etag_of


def ends_tokens(operation: Operation) -> bool:
    role = operation.auth_role
    if role is None:
        return False
    if role.role == "account":
        return operation.method == "DELETE" or role.proof is not None
    return role.role in ("log-out", "refresh")


@experiment("AUTH-05", source="RFC 9700, section 4.14.2; OWASP API2:2023", owasp=("API2:2023",), applies=ends_tokens)
def test_ended_credentials_are_refused(operation: Operation, users: Users, resources: Resources) -> None:
    """
    Tokens are refused after log-out and after the account is deleted; a refresh token is refused after its use.

    A new password ends the other sessions of the account. Access token and refresh token are both tried. After a log-out
    the access token is tried at every read without path parameters that asks for it: none is open. Where
    `x-check-order` has `token` before `role`, one for a role alone answers 401 too. A token that was accepted in another
    spelling before, such as `bearer` in small letters or in the query, is refused in it as well.

    Why it matters: a user who logs out or changes a password locks a thief out. Tokens that still work let
    the thief stay.

    To mend it: keep each session in a store, and look it up with each request: a valid signature alone says nothing
    of a log-out. End the sessions in the transaction that logs out, deletes the account or sets the password. Read
    tokens from the documented place alone.
    """
    user = users.disposable()
    require_good_credentials(user, users)
    spellings = accepted_spellings(user, users)

    ended, answer = end_credentials(operation, user, users, resources)
    succeeded(answer, "nothing is ended")
    if has_role("refresh")(operation) and operation.role_value("refresh", answer.json()) in (None, ended.refresh):
        raise NotChecked(NOT_ROTATED)

    for accepted, trial in expect.each(users.opened_by(ended)):
        with trial:
            expect.status(401, accepted, because=f"the credentials ended with {answer.describe()}", after=[answer])
    if has_role("log-out")(operation):
        no_read_is_open(ended, answer, users)
    if ended.token:
        no_spelling_is_open(spellings, ended, answer, users)


def accepted_spellings(user: User, users: Users) -> set[str]:
    """Return in which other spellings a live token opens the read that shows whether it is good."""
    if not user.token:
        return set()
    return {how for how, answer in users.probes.probe_spellings(user) if answer.status < 300}


def no_spelling_is_open(spellings: set[str], ended: User, ending: Exchange, users: Users) -> None:
    """Send a token that has ended in each spelling that is accepted while it lives."""
    for how, answer in users.probes.probe_spellings(ended, spellings):
        because = f"the token, {how}, ended with {ending.describe()}"
        expect.status(401, answer, because=because, after=[ending])


def no_read_is_open(ended: User, ending: Exchange, users: Users) -> None:
    """Send credentials that have ended to each read that asks for them."""
    for read in users.probes.reads_that_ask(ended):
        answer = users.probes.read(read, ended.credential_for)
        refusals = (401, 429) if judges_tokens_first(read) else range(400, 600)
        expect.status(refusals, answer, because=f"the credentials ended with {ending.describe()}", after=[ending])


def judges_tokens_first(operation: Operation) -> bool:
    """Tell whether the document says that a token is judged before the role of its user."""
    order = operation.check_order
    return "token" in order and "role" in order and order.index("token") < order.index("role")


def require_good_credentials(user: User, users: Users) -> None:
    """Raise NotChecked where credentials are refused before they end: then a refusal afterwards shows nothing."""
    before = users.probe(user) if user.has_credentials else None
    if before is not None and before.status == 401:
        raise NotChecked(f"the credentials are refused before they end: {before.describe()}: mend the log-in")


def end_credentials(operation: Operation, user: User, users: Users, resources: Resources) -> tuple[User, Exchange]:
    """Let an operation end credentials of a user; return the user with them, and the answer."""
    if has_role("refresh")(operation):
        return replace(user, token=""), users.renew(user).entered

    prepared = PreparedRequest(operation, user)
    body = resources.samples.body(operation)
    ended = user
    if operation.auth_role is not None and operation.auth_role.proof is not None:
        ended = users.log_in(f"{user.name}_ELSEWHERE", "", user.identifier, user.secret)
        put(body, operation.auth_role.proof, user.secret)
        put(body, operation.role_pointer("secret"), f"{user.secret} anew")
    return ended, resources.write(prepared, etag_of(prepared, resources), body)


@fault(test_ended_credentials_are_refused)
def log_out_does_nothing(request: Request) -> None:
    """Log-out is answered and ends nothing."""
    if request.path.endswith("/logout"):
        request.method = "GET"
        request.path = "/api/health/live"


@fault(test_ended_credentials_are_refused)
def used_refresh_tokens_are_exchanged_again(request: Request, answer: Answer) -> None:
    """A refresh token that was exchanged once is exchanged again."""
    if not request.path.endswith("/refresh"):
        return
    if answer.status == 200:
        request.memory["pair"] = answer.json()
    elif "pair" in request.memory:
        answer.become(200, request.memory["pair"])


@fault(test_ended_credentials_are_refused)
def sessions_are_not_looked_up(request: Request, answer: Answer) -> None:
    """A token with a valid signature is accepted until it expires, even when its session has ended."""
    if answer.status == 401 and request.headers.get("authorization", "").count(".") == 2:
        answer.become(200, {})


@fault(test_ended_credentials_are_refused)
def other_sessions_survive_a_new_password(request: Request) -> None:
    """A new password is not stored, and no session ends."""
    if request.method == "PATCH" and "current_password" in request.members:
        request.rewrite({"display_name": "Somebody"})


@fault(test_ended_credentials_are_refused)
def small_letters_pass_the_sessions_by(request: Request, answer: Answer) -> None:
    """A token behind `bearer` in small letters is accepted until it expires."""
    shown = request.headers.get("authorization", "")
    if answer.status == 401 and shown.startswith("bearer ") and shown.count(".") == 2:
        answer.become(200, {})


@fault(test_ended_credentials_are_refused)
def the_query_passes_the_sessions_by(request: Request, answer: Answer) -> None:
    """A token is accepted in the query too, until it expires."""
    if answer.status == 401 and "authorization" not in request.headers and request.query.get("access_token"):
        answer.become(200, {})


@fault(test_ended_credentials_are_refused, statuses=(401,))
def lists_do_not_look_up_sessions(request: Request, answer: Answer) -> None:
    """A list for admins refuses a token of an ended session as that of somebody without the role."""
    if request.path == "/api/users" and request.headers.get("authorization", "").count(".") == 2:
        answer.become(403)
