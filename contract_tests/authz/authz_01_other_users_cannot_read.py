"""AUTHZ-01: a private item is hidden from other users."""

from dataclasses import replace
from functools import partial

from bookplate import NotChecked, control, expect, experiment, fault, rests_on, said
from bookplate.contract import Operation, is_for_roles, is_private_read, unwrapped
from bookplate.faults import Answer, Request
from bookplate.fixtures import HIDING, PreparedRequest, Resources, Users, evidence_of_privacy, leaves
from bookplate.wire import distinguishing_answers, succeeded

from ._shared import NOT_EVEN_THE_OWNER, may_not, no_owner_check

# Members that no two accounts share.
TELL_APART = ("/id", "/uuid", "/username", "/user_name", "/login", "/email", "/handle")


def may_be_private(operation: Operation) -> bool:
    """It shows an item or an account to some of the callers who are signed in, or the document says nothing of these."""
    if operation.declares_access:
        own = operation.own_account
        is_own = operation.method == "GET" and own is not None and own.place == "token"
        return is_private_read(operation) or is_own
    shows_an_item = operation.method == "GET" and operation.path.rstrip("/").endswith("}")
    is_known = operation.role or is_for_roles(operation)
    return shows_an_item and operation.secured and not is_known


@experiment(
    "AUTHZ-01",
    source="OWASP API1:2023",
    owasp=("API1:2023",),
    applies=may_be_private,
    checks=("object_level_authorization",),
)
def test_other_users_cannot_read(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A caller without access gets the documented refusal; a 404 equals the one for an absent object.

    The owner reads the object first, so that only the caller can be the reason for the refusal. To compare the two
    answers, each is asked for several times; the identifier in the path is left out. Where the token alone names an
    account, each caller gets their own.

    Where the document does not say who may read an item, it is a guess that the item is private. It rests on a list that
    shows it to the user who made it and not to another one, or on a member that names that user beside a documented 403.

    Why it matters: without it, any user reads the private data of all others by trying one id after the other. A
    404 that differs tells a stranger which objects exist.

    To mend it: load the object by its id and the caller together, as in `WHERE id = ? AND owner = ?`. Raise the
    same error for an object that is hidden and one that is absent, so that both have one text. Never keep a loaded
    object for the next caller.
    """
    if operation.own_account is not None and operation.own_account.place == "token":
        each_reads_their_own(PreparedRequest(operation, users.owner), users, resources)
    elif operation.declares_access:
        others_are_refused(resources.prepare(operation), users, resources)
    else:
        what_lists_hide_is_hidden(resources.prepare(operation), users, resources)


def others_are_refused(allowed: PreparedRequest, users: Users, resources: Resources) -> None:
    """Read an object as its owner and then as another user, and expect the documented refusal of the other one."""
    operation = allowed.operation
    read = succeeded(resources.call(allowed), NOT_EVEN_THE_OWNER)

    refused = resources.call(replace(allowed, caller=users.stranger))

    expect.status(
        operation.refusals,
        refused,
        because="the object belongs to another user",
        what=may_not(users.stranger, allowed, refused),
        after=[read],
        if_success=no_owner_check(operation),
    )
    if operation.refusal == 404 and allowed.account is None:
        hidden_id = refused.path.rpartition("/")[2]
        hidden_equals_absent(allowed, hidden_id, users, resources)


def what_lists_hide_is_hidden(allowed: PreparedRequest, users: Users, resources: Resources) -> None:
    """Read an item as another user, and expect a refusal where something shows that it is private."""
    operation = allowed.operation
    read = succeeded(resources.call(allowed), NOT_EVEN_THE_OWNER)

    seen = resources.call(replace(allowed, caller=users.stranger))

    if seen.status in HIDING:
        own = resources.subject(operation, users.stranger)
        control(resources.call(PreparedRequest(operation, own.owner, own)), "a refusal of other users")
    elif seen.status < 300:
        rests_on(evidence_of_privacy(allowed, users.stranger, resources))
    elif seen.status not in operation.refusals:
        raise NotChecked(f"it is not known what this says to another user: {seen.describe()}")
    expect.status(
        operation.refusals.union(HIDING),
        seen,
        because="only the user that made it may read it",
        what=may_not(users.stranger, allowed, seen),
        after=[read],
        if_success=no_owner_check(operation),
    )


def each_reads_their_own(allowed: PreparedRequest, users: Users, resources: Resources) -> None:
    """Expect what the token alone names to be the caller's own account: two users read two of them."""
    mine = control(resources.call(allowed), "whose account it is")
    theirs = control(resources.call(replace(allowed, caller=users.stranger)), "whose account it is")

    names = resources.names_of(allowed.caller)
    in_mine, in_theirs = (dict(leaves(unwrapped(each.json()))) for each in (mine, theirs))
    shown = [pointer for pointer, value in in_mine.items() if str(value) in names and pointer.endswith(TELL_APART)]
    if not shown:
        raise NotChecked("nothing in the answer tells the caller from others: it has no id and no email, nor the like")
    for pointer, trial in expect.each(shown):
        with trial:
            expect.that(
                in_theirs.get(pointer) != in_mine[pointer],
                f"{mine.method} {mine.path} shows users {allowed.caller.name} and {users.stranger.name} the same account: "
                f"{pointer} is {said(in_mine[pointer])} for both",
                expected="the account of the caller",
                shown=[mine, theirs],
                defect=no_owner_check(allowed.operation),
            )


def hidden_equals_absent(allowed: PreparedRequest, hidden_id: str, users: Users, resources: Resources) -> None:
    """Expect a stranger to get the same answer for an object of the owner's and for one that does not exist."""
    operation, stranger = allowed.operation, users.stranger
    hidden = partial(resources.call, replace(allowed, caller=stranger))
    absent = partial(
        resources.client.call,
        operation,
        arguments=operation.nowhere,
        credential=stranger.credential_for(operation),
        address=stranger.address,
    )
    absent_id = str(list(operation.nowhere.values())[-1])

    different = distinguishing_answers({hidden_id: hidden, absent_id: absent})

    expect.that(
        not different,
        f"a hidden object and an absent one differ: {'; '.join(answer.describe() for answer in different)}",
        expected="the same answer to both",
        shown=different,
    )


@fault(test_other_users_cannot_read)
def answers_are_kept_for_all_callers(request: Request, answer: Answer) -> None:
    """An object that was read once is kept, and shown to every caller."""
    if request.method == "GET" and answer.status == 200 and request.path[-1:].isdigit():
        request.memory[request.path] = answer.copy()
    elif request.path in request.memory:
        answer.repeat(request.memory[request.path])


@fault(test_other_users_cannot_read, statuses=(404,))
def hidden_objects_are_forbidden(request: Request, answer: Answer) -> None:
    """A stranger gets 403, and so learns that the object exists."""
    answer.become(403)


@fault(test_other_users_cannot_read)
def absent_objects_have_another_detail(request: Request, answer: Answer) -> None:
    """The detail for an absent object differs from that for a hidden one."""
    if answer.status == 404 and request.path.endswith("987654321"):
        answer.put(detail="This never existed.")
