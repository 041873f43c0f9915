"""AUTHZ-02: only the owner changes an item."""

from collections.abc import Generator
from dataclasses import replace

from bookplate import NotChecked, control, expect, experiment, fault, partly, rests_on
from bookplate.contract import Fact, Operation, Origin, is_for_roles, is_for_some, look_up, unwrapped
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Evidence, PreparedRequest, Resources, Users, evidence_of_owner
from bookplate.wire import Exchange

from ._shared import changes_between, expect_refused, no_owner_check, write

UNSAFE_METHODS = ("PUT", "PATCH", "DELETE")


def may_be_owned(operation: Operation) -> bool:
    """It changes what belongs to somebody, as the document says, or an item of which it says nothing."""
    is_write = operation.method in UNSAFE_METHODS
    if operation.declares_access:
        return is_for_some(operation) and (is_write or operation.method == "POST")
    changes_an_item = is_write or (operation.method == "POST" and not operation.creates)
    is_known = operation.role or is_for_roles(operation)
    return changes_an_item and operation.secured and bool(operation.path_parameters) and not is_known


@experiment("AUTHZ-02", source="OWASP API1:2023; x-access", owasp=("API1:2023",), applies=may_be_owned)
def test_other_users_cannot_write(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A write by a user that does not own the item, or the account, gets the documented refusal and changes nothing.

    The request is right in everything else, its If-Match included, so that only ownership can be the reason. The
    owner then succeeds with the same request. What another user has made below the owner's item belongs to the owner,
    where x-access says so (`via`). Where the token alone names the account, the account of another user stays as it was.

    Where the document does not say who may, a user that may not even read an item changes nothing of it. That a user who
    may read it changes nothing of it is a guess: it rests on a member that names the user who made the item.

    Why it matters: without it, any user overwrites or deletes the data of all others.

    To mend it: ask who owns the item before anything is written, within the same transaction, in every operation
    that writes: PUT and PATCH and DELETE. Take the caller from the credentials of this request. Answer with the
    documented refusal, and roll back.
    """
    if not operation.declares_access:
        what_others_made_stays(operation, users, resources)
    elif operation.own_account is not None and operation.own_account.place == "token":
        accounts_of_others_stay(operation, users, resources)
    else:
        allowed = resources.prepare(operation)
        expect_refused([users.stranger], allowed, resources, if_success=no_owner_check(operation))
        if belongs_to_its_parent(allowed, resources):
            what_others_add_is_the_owners(allowed, users, resources)


def belongs_to_its_parent(allowed: PreparedRequest, resources: Resources) -> bool:
    """Tell whether x-access says that an item belongs to whom the item above it belongs to."""
    via = allowed.operation.access.via if allowed.operation.access else ()
    last = resources.document.find(via[-1]) if via else None
    is_below = last is not None and len(last.path_parameters) < len(allowed.operation.path_parameters)
    return is_below and allowed.item is not None and allowed.item.parent is not None


def what_others_add_is_the_owners(allowed: PreparedRequest, users: Users, resources: Resources) -> None:
    """Let another user make an item below the owner's, and expect the owner to have it, and not that user."""
    item = allowed.item
    assert item is not None
    if "user" not in item.creator.allow:
        partly(f"what others add: {item.creator.id} does not say that every user may")
        return
    added = resources.plant(item.creator, users.stranger, parent=item.parent)
    of_the_owner = replace(allowed, item=replace(added, owner=item.owner))
    expect_refused([users.stranger], of_the_owner, resources, if_success=no_owner_check(allowed.operation))


def accounts_of_others_stay(operation: Operation, users: Users, resources: Resources) -> None:
    """Change what the token names, and expect another user to read what they read before."""
    mine = PreparedRequest(operation, resources.caller(operation))
    theirs = replace(mine, caller=users.stranger)
    before = control(resources.read(theirs), "what other users read")

    answer = control(write(mine, mine.caller, resources.read(mine), resources), "what other users read")
    after = resources.read(theirs)

    changed = changes_between(before, after, theirs, resources)
    expect.that(
        not changed,
        f"it changed what {theirs.caller.name} reads: {', '.join(changed)}",
        expected="the account of the caller alone is changed",
        shown=[before, answer, after],
    )


def what_others_made_stays(operation: Operation, users: Users, resources: Resources) -> None:
    """Change an item as a user that has not made it, where the document does not say who may."""
    allowed = resources.prepare(operation)
    evidence = evidence_of_owner(allowed, users.stranger, resources)
    if evidence.fact is not None:
        rests_on(evidence.fact)
    elif operation.method == "POST":
        rests_on(Fact("", Origin.GUESSED, f"{operation.id} is for users that may read what it changes"))
    before = resources.read(allowed)

    attempt = write(allowed, users.stranger, before, resources)
    after = resources.read(allowed)

    changed = changes_between(before, after, allowed, resources)
    refuse_last_writers(evidence, before, after, operation)
    expect.that(
        not changed,
        f"{attempt.describe()} and {users.stranger.name} changed it: {', '.join(changed)}",
        expected=f"no effect, as {reason(evidence, users)}",
        shown=[*evidence.shown, attempt, after],
        defect=no_owner_check(operation) if attempt.status < 300 else "",
    )
    same = control(write(allowed, allowed.caller, before, resources), "a refusal of other callers")
    if attempt.status < 300:
        effect_is_seen(before, same, allowed, resources)


def reason(evidence: Evidence, users: Users) -> str:
    if evidence.fact is None:
        return f"{users.stranger.name} may not even read it"
    return evidence.fact.evidence


def refuse_last_writers(evidence: Evidence, before: Exchange, after: Exchange, operation: Operation) -> None:
    """Raise NotChecked where the member that named who made an item names whoever has changed it last."""
    names = [look_up(unwrapped(each.json()), evidence.member) for each in (before, after) if each.status < 300]
    if evidence.member and len(set(map(str, names))) > 1:
        raise NotChecked(
            f"'{evidence.member.removeprefix('/')}' names the last user that has changed it: "
            f"say who may call {operation.id} in x-access"
        )


def effect_is_seen(before: Exchange, same: Exchange, allowed: PreparedRequest, resources: Resources) -> None:
    """Raise NotChecked where the same request of the owner changes nothing that can be seen: then nobody's would."""
    if not changes_between(before, resources.read(allowed), allowed, resources):
        raise NotChecked(f"the same request of the owner has no effect that can be read: {same.describe()}")


def write_as_the_owner(request: Request) -> Generator[None, Answer, Answer]:
    """Send writes with the token of the user that made the last item; return the answer."""
    token = request.headers.get("authorization")
    if request.method in UNSAFE_METHODS and "owner" in request.memory:
        request.headers["authorization"] = request.memory["owner"]

    answer = yield

    if request.method == "POST" and answer.status == 201 and token:
        request.memory["owner"] = token
    return answer


@fault(test_other_users_cannot_write)
def every_user_writes_as_the_owner(request: Request) -> Steps:
    """Every write is carried out with the rights of the user that made the last item."""
    yield from write_as_the_owner(request)


@fault(test_other_users_cannot_write, statuses=(403,))
def refused_as_unauthenticated(request: Request, answer: Answer) -> None:
    """A stranger gets 401, as if not signed in."""
    answer.become(401)


@fault(test_other_users_cannot_write)
def refused_and_done(request: Request) -> Steps:
    """The write is carried out, and then answered as refused."""
    token = request.headers.get("authorization")

    answer = yield from write_as_the_owner(request)

    if request.method in UNSAFE_METHODS and token != request.memory.get("owner"):
        answer.become(403, {})
