"""AUTH-16: a new password needs the old one."""

from bookplate import expect, experiment, fault
from bookplate.contract import Operation, look_up, put
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange, succeeded

from ._shared import etag_of


def asks_for_the_old_secret(operation: Operation) -> bool:
    """The document says where a request has the new secret, and where the old one that proves it."""
    role = operation.auth_role
    return role is not None and role.proof is not None and role.secret is not None


@experiment(
    "AUTH-16", source="x-auth-role; OWASP ASVS 5.0, section 6.2", owasp=("API2:2023",), applies=asks_for_the_old_secret
)
def test_a_new_password_needs_the_old_one(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A new password is refused without the old one at `proof`, and with a wrong one there; then it signs nobody in.

    Wrong ones are the old password without its last character, and the new one. The same change with the old password
    succeeds afterwards, which shows that the rest of the request was right. Then the new password signs in, and the old
    one does not. Where it is only guessed that an operation asks for the old password, it is not left out.

    Why it matters: somebody who finds a computer unlocked, or steals a token, takes the account over for good where a
    token alone sets a new password.

    To mend it: verify the old password before anything is written, in the transaction that stores the new one.
    Compare what was sent at `proof` with the stored hash, and never with another member of the request. Roll
    everything back where it is wrong.
    """
    user = users.disposable()
    new = users.entrance.another_password(user)
    wrong: dict[str, str | None] = {"the old password cut short": user.secret[:-1], "the new password": new}
    if operation.facts.auth_role is not None and operation.facts.auth_role.is_declared:
        wrong = {"nothing": None, **wrong}

    tried = [(name, change(operation, user, new, proof, resources)) for name, proof in wrong.items()]
    entered = users.entrance.enter(user.identifier, new)

    sent = [answer for _, answer in tried]
    for (name, answer), trial in expect.each(tried):
        with trial:
            observed = f"a new password, proved by {name}: {answer.describe()}"
            # What was refused before may have been carried out all the same.
            shown = sent[: sent.index(answer) + 1]
            expect.that(answer.status >= 400, observed, expected="a refusal", shown=shown, defect=UNPROVED)
    observed = f"a password whose change was refused signs in: {entered.answer.describe()}"
    expect.that(not entered.is_open, observed, expected="the old password alone", shown=[tried[-1][1], entered.answer])
    changed = succeeded(change(operation, user, new, user.secret, resources), "nothing shows that the rest is right")
    for password, is_right in ((new, True), (user.secret, False)):
        entry = users.entrance.enter(user.identifier, password)
        observed = f"the {'new' if is_right else 'old'} password after the change: {entry.answer.describe()}"
        expect.that(
            entry.is_open == is_right,
            observed,
            expected="it signs in" if is_right else "a refusal",
            shown=[changed, entry.answer],
        )


UNPROVED = "a token alone sets a new password"


def change(operation: Operation, user: User, new: str, proof: str | None, resources: Resources) -> Exchange:
    """Let a user set a new password, with this proof or with none."""
    prepared = PreparedRequest(operation, user)
    body = resources.samples.body(operation)
    put(body, operation.role_pointer("secret"), new)
    above, _, name = operation.role_pointer("proof").rpartition("/")
    holder = look_up(body, above)
    if isinstance(holder, dict):
        holder.pop(name, None)
    if proof is not None:
        put(body, operation.role_pointer("proof"), proof)
    return resources.write(prepared, etag_of(prepared, resources), body)


def sets_a_password(request: Request) -> bool:
    return request.method == "PATCH" and "password" in request.members


@fault(test_a_new_password_needs_the_old_one, statuses=range(400, 500))
def the_old_password_may_be_missing(request: Request, answer: Answer) -> None:
    """A new password is taken without the old one."""
    if sets_a_password(request) and "current_password" not in request.members:
        answer.become(200, {})


@fault(test_a_new_password_needs_the_old_one, statuses=range(400, 500))
def the_new_password_proves_itself(request: Request, answer: Answer) -> None:
    """The old password is compared with the new one."""
    if sets_a_password(request) and request.members["password"] == request.members.get("current_password"):
        answer.become(200, {})


@fault(test_a_new_password_needs_the_old_one)
def the_old_password_is_compared_too_late(request: Request) -> Steps:
    """A new password with a wrong proof is refused and set all the same."""
    known = request.memory.get("password")
    is_wrong = sets_a_password(request) and request.members.get("current_password") not in (None, known)
    if is_wrong and known is not None:
        request.put(current_password=known)
        request.memory["password"] = request.members["password"]

    answer = yield

    if is_wrong:
        answer.become(422)
    elif request.path.endswith("/register") and answer.status == 201:
        request.memory["password"] = request.members["password"]


@fault(test_a_new_password_needs_the_old_one)
def the_old_password_stays_good(request: Request) -> None:
    """A new password is answered, and not set."""
    if sets_a_password(request) and "current_password" in request.members:
        request.rewrite({"display_name": "Somebody"})
