"""What neither a document nor a guess says of a service, with what to write."""

from collections.abc import Iterable, Iterator

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.predicates import has_role
from .look import Look

PROBLEM = "application/problem+json"
SHOWN = 5  # names of operations in one line


def open_questions(document: Document, look: Look | None) -> Iterator[str]:
    """Yield a line for each kind of thing that is not known, or that only the document itself can say."""
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
    if look is not None:
        for name, field in look.announced_without_window().items():
            yield f"the window of the limit of {name}, which says `{field}`: x-rate-limit"
        yield from about_answers(document, look)
    if all(each.origins is None for each in operations):
        yield "which web pages may call it: x-cors: {origins: [GROUP]}, [] for none"


def about_answers(document: Document, look: Look) -> Iterator[str]:
    """Yield what answers have shown that is documented among the answers of each operation, where a reader looks for it."""
    operations = document.operations
    if any(each.facts.problems is not None for each in operations):
        yield f"errors come as {PROBLEM}: document that as the content of each 4xx, with a schema of `type` and `title`"
    if tagged := [each for each in operations if each.facts.versions is not None and each.method == "GET"]:
        yield f"{names(tagged)} answer with an ETag: document it, a 304, and If-Match where the same is changed"
    for name, statuses in look.statuses().items():
        yield f"{name} answers {', '.join(map(str, statuses))}, which it does not document"


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
