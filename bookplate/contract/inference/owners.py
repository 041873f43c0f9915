"""Owners: which callers an operation admits, as its path and the members of what it shows let guess."""

from collections.abc import Mapping

from ..access import Access, OwnAccount
from ..facts import Fact, Origin
from ..item_keys import ID
from ..lines import escape
from ..operation import Operation
from .shapes import Shape, shape_of
from .words import first_in, plain, segments, words_of

OWNERS = (
    *("ownerid", "owner", "userid", "createdby", "createdbyid", "creatorid", "creator", "authorid", "accountid"),
    *("ownedby", "owneruserid", "customerid", "memberid"),
)
ADMIN = ("admin", "admins", "administration", "backoffice")


def access_of(operation: Operation, readers: Mapping[str, Operation], people: frozenset[str]) -> Fact[Access] | None:
    """
    Return which callers an operation admits; None where nothing lets guess it.

    `readers` has the operations that read an item, by path. `people` are the paths of accounts.
    """
    if not operation.secured or operation.role in ("register", "log-in", "refresh"):
        return None
    return for_admins(operation) or for_owners(operation, readers, people) or for_users(operation)


def for_admins(operation: Operation) -> Fact[Access] | None:
    named = [each for each in segments(operation.path) if plain(each) in ADMIN]
    scopes = [
        word for each in operation.security for needed in each.values() for scope in needed for word in words_of(scope)
    ]
    if not named and "admin" not in scopes:
        return None
    what = f"'{named[0]}' in {operation.path}" if named else f"the scope of {operation.id}"
    return guess(Access(("admin",), declared_refusal=refusal_of(operation)), f"{what} looks like a thing for admins")


def for_owners(operation: Operation, readers: Mapping[str, Operation], people: frozenset[str]) -> Fact[Access] | None:
    """Return that the owner of an item may, where the item says who owns it; the account itself where it is one."""
    reader = readers.get(operation.path)
    if reader is None or operation.method == "POST":
        return None
    refusal = refusal_of(operation)
    parameter = operation.path_parameters[-1].name
    if operation.method == "GET" and operation.path in people and len(operation.path_parameters) == 1:
        allowed = Access(("self", "admin"), own_account=OwnAccount("path", parameter), declared_refusal=refusal)
        return guess(allowed, f"{{{parameter}}} of {operation.path} names an account")
    owner = owner_in(shape_of(reader.success.schema))
    if owner is None or (not reader.secured and operation.method == "GET"):
        return None
    allowed = Access(("owner", "admin"), owner=owner, via=(reader.id,), declared_refusal=refusal)
    return guess(allowed, f"{reader.id} shows {owner}, which looks like the owner")


def for_users(operation: Operation) -> Fact[Access] | None:
    """Return that every user may read it: it asks for credentials, and its path names no item of somebody's."""
    if operation.method != "GET" or operation.path_parameters or operation.documents(403):
        return None
    return guess(Access(("user",)), f"{operation.id} asks for credentials and documents no 403")


def owner_in(item: Shape) -> str | None:
    """Return the pointer to the member that looks like the owner of an item, through a wrapper; None where none does."""
    name = first_in(item.members, OWNERS)
    if name is not None:
        owner = item.members[name]
        its_id = f"/{ID}" if ID in owner.members else ""
        return f"/{escape(name)}{its_id}" if owner.kind not in ("array", "boolean") else None
    if len(item.members) == 1:
        wrapper, inner = next(iter(item.members.items()))
        below = owner_in(inner)
        return f"/{escape(wrapper)}{below}" if below is not None else None
    return None


def refusal_of(operation: Operation) -> int | None:
    """Return the status of a refusal that the document has: 403, or 404 where it has no 403."""
    return next((status for status in (403, 404) if operation.documents(status)), None)


def guess(access: Access, evidence: str) -> Fact[Access]:
    return Fact(access, Origin.GUESSED, evidence)
