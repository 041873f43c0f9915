"""AUTHZ-07: callers whom the document admits are let in."""

from dataclasses import replace

from bookplate import NotChecked, control, expect, experiment, fault, partly
from bookplate.contract import Operation, is_for_roles
from bookplate.faults import Answer, Request
from bookplate.fixtures import HIDING, PreparedRequest, Resources, User, Users, decoded, members_of
from bookplate.wire import Exchange

from ._shared import current_item, write


def admits_roles_or_self(operation: Operation) -> bool:
    """The document says that holders of some role may call it, or that users may read their own account by it."""
    return operation.declares_access and (bool(operation.roles) or reads_own_account(operation))


def reads_own_account(operation: Operation) -> bool:
    own = operation.own_account
    return own is not None and own.place == "path" and operation.method == "GET"


@experiment("AUTHZ-07", source="x-access", applies=admits_roles_or_self)
def test_admitted_callers_are_let_in(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A caller with a role that the document admits is not refused, also for what belongs to somebody else.

    The request is right in everything else: who owns the item succeeds with it. Where only roles may, another operation
    for this role alone lets the caller in. A user whom the document admits to their own account reads it, where somebody
    else with a role can read that account at the same path.

    Why it matters: support staff who are locked out find that in an emergency, when they have to help a user.

    To mend it: let the check of owner and role be one condition: the owner or one of the roles that the document
    names. Look at the operations that filter by owner in the query: an admin needs a query without it.
    """
    holders = [(role, users.find(role)) for role in operation.roles]
    if reads_own_account(operation):
        users_read_their_own(operation, holders, resources)
    if not any(holder for _, holder in holders):
        users.with_role(*operation.roles)

    for (role, holder), trial in expect.each(holders):
        with trial:
            if holder is None:
                raise NotChecked(f"nobody is known who has the role {role}: tell of one below [accounts]")
            allowed = resources.prepare(operation)
            answer = write(allowed, holder, current_item(allowed, resources), resources)
            if answer.status >= 300:
                the_same_is_done_for(allowed, role, holder, resources)
            expect.no_status(operation.refusals.union(HIDING), [answer], because=f"x-access admits the role {role}")


def users_read_their_own(operation: Operation, holders: list[tuple[str, User | None]], resources: Resources) -> None:
    """Expect a user not to be refused their own account; not judged where nobody else shows that it is theirs."""
    own = resources.prepare(operation)
    user = own.item.owner if own.item is not None else own.caller
    answer = resources.call(replace(own, caller=user))
    if answer.status not in operation.refusals.union(HIDING):
        return
    reads = [resources.call(replace(own, caller=holder)) for _, holder in holders if holder is not None]
    names = resources.names_of(user)
    seen = [read for read in reads if read.status == 200 and names & set(map(str, members_of(read).values()))]
    if not seen:
        partly("the own account: nobody with a role reads it, so its name may be wrong", tested="roles")
        return
    expect.that(
        False, f"{user.name}: {answer.describe()}", expected="the own account, as x-access says", shown=[*seen, answer]
    )


def the_same_is_done_for(allowed: PreparedRequest, role: str, holder: User, resources: Resources) -> Exchange:
    """Return a success that shows that a refusal is about the role alone; NotChecked where there is none."""
    if allowed.caller.latest != holder.latest:
        found = current_item(allowed, resources)
        return control(write(allowed, allowed.caller, found, resources), f"a refusal of the role {role}")
    for other in resources.document.operations:
        is_alike = other.method == "GET" and is_for_roles(other) and role in other.roles and not other.path_parameters
        if is_alike and other is not allowed.operation and other.id not in resources.client.left_out:
            answer = resources.call(PreparedRequest(other, holder))
            if answer.status < 300:
                return answer
    raise NotChecked(
        f"nothing shows that {holder.name} has the role {role}: no other operation for it alone lets them in"
    )


@fault(test_admitted_callers_are_let_in)
def only_makers_may_change(request: Request, answer: Answer) -> None:
    """Who has made nothing is refused each change, an admin too."""
    token = request.headers.get("authorization", "")
    if request.method == "POST" and answer.status == 201:
        request.memory[token] = True
    elif request.method in ("PUT", "PATCH", "DELETE") and token not in request.memory and "/books/" in request.path:
        answer.become(403)


@fault(test_admitted_callers_are_let_in)
def accounts_are_hidden_from_their_users(request: Request, answer: Answer) -> None:
    """A user gets 404 for their own account by its id."""
    parts = request.headers.get("authorization", "").split(".")
    if len(parts) == 3 and request.path == f"/api/users/{decoded(parts[1]).get('sub')}":
        answer.become(404)
