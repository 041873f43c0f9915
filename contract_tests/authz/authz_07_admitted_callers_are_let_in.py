"""AUTHZ-07: callers whom the document admits are let in."""

from bookplate import NotChecked, control, expect, experiment, fault
from bookplate.contract import Operation, is_for_roles
from bookplate.faults import Answer, Request
from bookplate.fixtures import HIDING, PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange

from ._shared import current_item, write


def admits_roles(operation: Operation) -> bool:
    """The document says that holders of some role may call it."""
    return operation.declares_access and bool(operation.roles)


@experiment("AUTHZ-07", source="x-access", applies=admits_roles)
def test_admitted_callers_are_let_in(operation: Operation, users: Users, resources: Resources) -> None:
    """
    A caller with a role that the document admits is not refused, also for what belongs to somebody else.

    The request is right in everything else: who owns the item succeeds with it. Where only roles may, another operation
    for this role alone lets the caller in.

    Why it matters: support staff who are locked out find that in an emergency, when they have to help a user.
    """
    holders = [(role, users.find(role)) for role in operation.roles]
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
