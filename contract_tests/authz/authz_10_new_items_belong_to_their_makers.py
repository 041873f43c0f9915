"""AUTHZ-10: a new item belongs to the user that made it."""

from collections.abc import Sequence

from bookplate import NotChecked, NotExercised, expect, experiment, fault, said
from bookplate.contract import CREATOR, Operation, has_role, is_owned_write, look_up
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, Users


def names_the_owner(operation: Operation) -> bool:
    """The document says that owners may change an item, and which of its members names the owner."""
    is_declared = is_owned_write(operation) and operation.declares_access and bool(operation.path_parameters)
    return is_declared and operation.access is not None and operation.access.owner not in (None, CREATOR)


@experiment("AUTHZ-10", source="x-access", applies=names_the_owner)
def test_new_items_belong_to_their_makers(
    operation: Operation, tried_operations: Sequence[Operation], users: Users, resources: Resources
) -> None:
    """
    Of two items that two users have made, the member at `owner` of x-access names two owners.

    It is tried once for items that one operation makes, and where users may make them without a role. The items are read
    by the first operation of `via`; where `via` has more than one, the owner stands elsewhere, and nothing is checked.

    Why it matters: what belongs to somebody else from the start can be changed by them, and not by the user who made it.

    To mend it: set the owner from the caller of this request when the item is made. A default that is evaluated
    once, when the program starts, gives every item the first owner.
    """
    assert operation.access is not None
    assert operation.access.owner is not None
    creator = resources.origin(operation)
    if operation is not next(each for each in tried_operations if resources.origin(each) is creator):
        raise NotExercised(f"what {creator.id} makes is looked at once")
    if len(operation.access.via) > 1 or has_role("register")(creator):
        raise NotChecked("the owner is not named by the item itself: nothing to compare")

    prepared = [
        PreparedRequest(operation, owner, resources.subject(operation, owner))
        for owner in (users.owner, users.stranger)
    ]
    reads = [resources.read(each) for each in prepared]
    named = [look_up(read.json(), operation.access.owner) for read in reads]
    makers = [each.item.owner.latest for each in prepared if each.item is not None]
    if None in named or makers[0] == makers[1]:
        raise NotChecked(f"the items of two users do not show their owners: {reads[0].describe()}")

    made = [each.item.made for each in prepared if each.item is not None]
    observed = f"items of two users have one owner: {operation.access.owner} is {said(named[0])} in both"
    expect.that(named[0] != named[1], observed, expected="the maker of each as its owner", shown=[*made, *reads])


@fault(test_new_items_belong_to_their_makers)
def everything_belongs_to_the_first(request: Request, answer: Answer) -> None:
    """A new item shows the first maker of all as its owner."""
    if "owner_id" in answer.members:
        answer.put(owner_id=request.memory.setdefault("first", answer.members["owner_id"]))
