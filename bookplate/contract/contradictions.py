"""What x-access says of an operation, and the rest of the document does not bear out."""

from collections.abc import Callable, Iterator, Sequence

from .access import CREATOR, OWNER, SELF, TOKEN
from .operation import Operation
from .schema import Schema

Found = Iterator[tuple[str, str]]


def contradictions(operations: Sequence[Operation]) -> Found:
    """Yield the member of each x-access that contradicts the document, as a pointer below its operation's key, and a remedy."""
    known = {operation.id: operation for operation in operations}
    for operation in operations:
        if operation.declares_access:
            for member, text in in_access(operation, known.get):
                yield f"{operation.pointer}/x-access{member}", text


def in_access(operation: Operation, find: Callable[[str], Operation | None]) -> Found:
    """Yield what is wrong with the x-access of one operation: the member, such as `/via`, and what to do."""
    access = operation.access
    if access is None:
        return
    if not operation.security:
        yield "", f"{operation.id} asks for no credentials, so that its x-access keeps nobody out: remove one of them"
    for name, is_there in ((OWNER, access.owner is not None), (SELF, access.own_account is not None)):
        if is_there and name not in access.allow:
            yield f"/{name}", f"x-access of {operation.id} has {name}, and does not allow {name}: add it to allow"
    if SELF in access.allow and access.own_account is None:
        yield (
            "",
            f"x-access of {operation.id} allows self, and does not say where a request names the account: write self",
        )
    yield from in_via(operation, find)
    yield from in_self(operation)


def in_via(operation: Operation, find: Callable[[str], Operation | None]) -> Found:
    """Yield steps that are no reads of the document, and an owner that the last one does not show."""
    access = operation.access
    assert access is not None
    steps = [(name, find(name)) for name in access.via]
    for name, step in steps:
        if step is None:
            yield "/via", f"via of {operation.id} names '{name}', and there is no such operation: mend the name"
        elif step.method != "GET":
            yield "/via", f"via of {operation.id} names '{name}', which is no GET: name one that shows the item"
    last = steps[-1][1] if steps else None
    schema = last.success.schema if last is not None else None
    is_pointer = access.owner is not None and access.owner != CREATOR
    if is_pointer and last is not None and not may_have(schema, access.owner or ""):
        yield "/owner", f"owner of {operation.id} is {access.owner}, which {last.id} does not show: mend one of them"


def may_have(schema: Schema | None, pointer: str) -> bool:
    """Tell whether a value may have a member that a pointer leads to: what a schema leaves open may have any."""
    for name in pointer.split("/")[1:]:
        if schema is None or not schema.members or schema.any_of or schema.one_of:
            return True
        if name not in schema.members:
            return False
        schema = schema.members[name]
    return True


def in_self(operation: Operation) -> Found:
    """Yield a place of `self` that the request does not have."""
    own = operation.own_account
    if own is None or own.place == TOKEN:
        return
    if own.place == "body":
        is_there = operation.body is not None and may_have(operation.body.schema, own.name)
    else:
        is_there = operation.has_parameter(own.name, own.place)
    if not is_there:
        yield "/self", f"self of {operation.id} is {own.written}, which its request does not have: name what is there"
