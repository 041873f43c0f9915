"""AUTH-10: a password that is nearly right signs nobody in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bookplate import NotChecked, NotExercised, expect, experiment, fault, partly
from bookplate.contract import Operation, has_role
from bookplate.faults import Request, Steps
from bookplate.fixtures import Entry, User, Users

from ._shared import sign_up_of


def takes_passwords(operation: Operation) -> bool:
    is_read = operation.method == "GET" and not operation.path_parameters
    return has_role("log-in")(operation) or (operation.takes_password and operation.secured and is_read)


@experiment(
    "AUTH-10",
    source="NIST SP 800-63B, section 3.1.1.2; RFC 7617, section 2",
    owasp=("API2:2023",),
    applies=takes_passwords,
)
def test_nearly_right_passwords_do_not_sign_in(
    operation: Operation, tried_operations: Sequence[Operation], users: Users
) -> None:
    """
    A password signs in only as a whole: not without its last character, with one more, or in another case.

    It is tried at a log-in, and at the first read that takes a name and a password (HTTP Basic), with the right
    password before and after. The password is long where the service takes a long one: some look at its start alone.
    Spaces around it are not tried, since a service may remove them. Where nobody can sign up, it is tried with a user
    of the settings, and each wrong password is followed by the right one, so that no count of failures grows.

    Why it matters: a password of which only a part counts is guessed in a fraction of the time.

    To mend it: hash the whole password as it was sent: no cutting, no trimming, no change of case. Some hashes read
    72 bytes alone, such as bcrypt: take argon2 or scrypt, or refuse longer passwords by the schema. Compare by the
    function of the library.
    """
    refuse_unless_first(operation, tried_operations)
    door = door_of(operation, users)
    right = door.enter(door.user.secret)
    if not right.is_open:
        raise NotChecked(f"the right password does not sign in: {right.answer.describe()}")
    if door.is_cut:
        partly("a long password: the service refuses it at the sign-up", tested="one of usual length")

    for near, trial in expect.each(users.entrance.near_passwords(door.user)):
        with trial:
            tried = door.enter(near.text)

            expect.that(
                not tried.is_open,
                f"a password with {near.way} signs in: {tried.answer.describe()}",
                expected="a refusal",
                shown=[*sign_up_of(door.user), right.answer, tried.answer],
                defect="the password counts only in part",
            )
            if door.is_shared:
                require_open(door)
    require_open(door)


def refuse_unless_first(operation: Operation, tried: Sequence[Operation]) -> None:
    """Raise NotExercised where passwords in requests are tried at another operation, which comes before."""
    first = next(each for each in tried if has_role("log-in")(each) == has_role("log-in")(operation))
    if operation is not first:
        raise NotExercised(f"a name and a password open all operations alike, and are tried at {first.id}")


@dataclass
class Door:
    """Where a password is tried, and whose it is: `is_shared` with other laws, or made with a usual password alone."""

    user: User
    enter: Callable[[str], Entry]
    is_shared: bool
    is_cut: bool = False


def door_of(operation: Operation, users: Users) -> Door:
    """Return where passwords are tried: with a user of its own, or with one of the settings where nobody signs up."""
    can_sign_up = any(map(has_role("register"), users.document.operations))
    user, is_cut = user_with_long_password(users) if can_sign_up else (users.owner, False)
    if not user.secret:
        raise NotChecked("nobody has a password: give a user with username and password below [accounts]")
    if has_role("log-in")(operation):
        return Door(user, lambda password: users.entrance.enter(user.identifier, password), not can_sign_up, is_cut)
    return Door(user, lambda password: users.entrance.show_password(operation, user, password), not can_sign_up, is_cut)


def user_with_long_password(users: Users) -> tuple[User, bool]:
    """Return a user of this law's own, and whether the service refused a long password."""
    try:
        long = users.entrance.long_password()
        return users.disposable_called(users.entrance.fresh_identifier(), long), False
    except NotChecked:
        return users.disposable(), True


def require_open(door: Door) -> None:
    """Raise NotChecked where the right password is refused by now: then the refusal of a wrong one shows nothing."""
    again = door.enter(door.user.secret)
    if not again.is_open:
        raise NotChecked(f"after wrong passwords the right one is refused too: {again.answer.describe()}")


def change_passwords(request: Request, changed: Callable[[str], str]) -> None:
    """Let a service keep, and compare, something else than the password."""
    password = request.members.get("password")
    if isinstance(password, str) and request.method == "POST":
        request.put(password=changed(password))


@fault(test_nearly_right_passwords_do_not_sign_in)
def only_the_start_counts(request: Request) -> None:
    """A password is cut after 72 characters."""
    change_passwords(request, lambda password: password[:72])


@fault(test_nearly_right_passwords_do_not_sign_in)
def case_does_not_count(request: Request) -> None:
    """Passwords are compared in lower case."""
    change_passwords(request, str.lower)


def accept(request: Request, is_accepted: Callable[[str, str], bool]) -> Steps:
    """Take a wrong password for the right one of an account."""
    email, password = request.members.get("email"), str(request.members.get("password"))
    known = request.memory.get(email)
    if known is not None and is_accepted(known, password):
        request.put(password=known)

    answer = yield

    if answer.status == 201 and email:
        request.memory[email] = password


@fault(test_nearly_right_passwords_do_not_sign_in)
def the_start_is_enough(request: Request) -> Steps:
    """The start of a password signs in."""
    yield from accept(request, lambda known, password: known.startswith(password))


@fault(test_nearly_right_passwords_do_not_sign_in)
def what_follows_is_ignored(request: Request) -> Steps:
    """What follows the right password is ignored."""
    yield from accept(request, lambda known, password: password.startswith(known))
