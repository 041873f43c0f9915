"""What neither a document nor a guess says of a service, with what to write."""

from collections.abc import Iterable, Iterator

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.predicates import has_role
from .limits import Announced

SHOWN = 5  # names of operations in one line


def open_questions(document: Document, limits: Iterable[Announced]) -> Iterator[str]:
    """Yield a line for each kind of thing that is not known."""
    operations = document.operations
    yield from about_users(operations)
    kinds = {
        "{} may have pages: x-pagination: {style, page|offset|cursor, size, items, key}": has_unknown_pages,
        "who may call {}: x-access: {allow: [user|owner|self|ROLE], owner: /MEMBER|creator, refusal: 401|403|404}": has_unknown_callers,
        "what may not be there twice after {}: x-unique: {equivalent: [a, A]} at the member": has_unknown_conflicts,
        "how many requests {} admit: x-rate-limit: {policies: {NAME: {limit, window, by}}}": has_unknown_limits,
    }
    for question, is_asked in kinds.items():
        if found := [each for each in operations if is_asked(each)]:
            yield question.replace("{}", names(found), 1)
    for each in limits:
        if each.without_window:
            yield f"the window of the limit of {each.operation.id}, which says `{each.without_window}`: x-rate-limit"
    if all(each.origins is None for each in operations):
        yield "which web pages may call it: x-cors: {origins: [GROUP]}, [] for none"


def about_users(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield how people sign up and log in, where something asks for credentials and nothing looks like that."""
    known = list(operations)
    if not any(each.secured for each in known):
        return
    if not any(map(has_role("register"), known)):
        yield "how people sign up: x-auth-role: {role: register, identifier, secret}; or give users in bookplate.toml"
    if not any(map(has_role("log-in"), known)):
        yield "how people log in: x-auth-role: {role: log-in, identifier, secret, access}; or give users in bookplate.toml"


def has_unknown_pages(operation: Operation) -> bool:
    schema = operation.success.schema
    is_array = schema is not None and schema.type == "array"
    return operation.method == "GET" and is_array and operation.pagination is None


def has_unknown_callers(operation: Operation) -> bool:
    return operation.secured and operation.access is None and not operation.role


def has_unknown_conflicts(operation: Operation) -> bool:
    return operation.creates and operation.documents(409) and not operation.unique


def has_unknown_limits(operation: Operation) -> bool:
    return operation.documents(429) and not operation.policies


def names(operations: list[Operation]) -> str:
    shown = ", ".join(each.id for each in operations[:SHOWN])
    return f"{shown} and {len(operations) - SHOWN} more" if len(operations) > SHOWN else shown
