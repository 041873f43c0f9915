"""What neither a document nor a guess says of a service, with what to write."""

from collections.abc import Iterable, Iterator

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.predicates import has_role
from .limits import Announced

SHOWN = 5  # names of operations in one line


def open_questions(document: Document, limits: Iterable[Announced]) -> Iterator[str]:
    """Yield a line for each kind of thing that is not known."""
    operations, announced = document.operations, list(limits)
    lists = [each for each in operations if shows_a_list(each) and each.pagination is None]
    if lists:
        yield f"{names(lists)} may have pages: x-pagination: {{style, page|offset|cursor, size, items, key}}"
    secured = [each for each in operations if each.secured]
    if secured and not any(map(has_role("log-in"), operations)):
        yield "how people log in: x-auth-role: {role: log-in, identifier, secret, access}; or give users in bookplate.toml"
    if secured and not any(map(has_role("register"), operations)):
        yield "how people sign up: x-auth-role: {role: register, identifier, secret}; or give users in bookplate.toml"
    unknown = [each for each in secured if each.access is None and not each.role]
    if unknown:
        yield f"who may call {names(unknown)}: x-access: {{allow: [user|owner|self|admin], refusal: 403}}"
    conflicts = [each for each in operations if each.creates and each.documents(409) and not each.unique]
    if conflicts:
        yield f"what may not be there twice after {names(conflicts)}: x-unique: {{equivalent: [a, A]}} at the member"
    limited = [each for each in operations if each.documents(429) and not each.policies]
    if limited:
        yield f"how many requests {names(limited)} admit: x-rate-limit: {{policies: {{NAME: {{limit, window, by}}}}}}"
    for each in announced:
        if each.without_window:
            yield f"the window of the limit of {each.operation.id}, which says `{each.without_window}`: x-rate-limit"
    if all(each.origins is None for each in operations):
        yield "which web pages may call it: x-cors: {origins: [GROUP]}, [] for none"


def shows_a_list(operation: Operation) -> bool:
    schema = operation.success.schema
    return operation.method == "GET" and schema is not None and schema.type == "array"


def names(operations: list[Operation]) -> str:
    shown = ", ".join(each.id for each in operations[:SHOWN])
    return f"{shown} and {len(operations) - SHOWN} more" if len(operations) > SHOWN else shown
