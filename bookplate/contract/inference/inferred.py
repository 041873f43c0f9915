"""Operations with what is guessed of them; what the document says itself is never guessed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from ..extensions import ACCESS, AUTH_ROLE
from ..facts import Fact
from ..item_keys import path_shape
from ..lines import DocumentError
from ..operation import Operation
from ..pagination import PAGINATION
from .owners import access_of
from .pages import pagination_of
from .roles import pointer_of, role_of

T = TypeVar("T")
# One operation of a document has them; an account has several.
SINGLE = ("register", "log-in", "refresh")


def with_guessed_roles(operations: Iterable[Operation]) -> list[Operation]:
    """Return operations with the roles that their names let guess: not one that another operation has already."""
    found = list(operations)
    unsaid = [each for each in found if AUTH_ROLE not in each.facts.settled]
    guesses = {each: fact for each in unsaid if (fact := readable(role_of, each)) is not None}
    for role in SINGLE:
        candidates = [each for each, fact in guesses.items() if fact.value.role == role]
        is_taken = any(operation.role == role for operation in found)
        best = max(candidates, key=lambda each: guesses[each].value.access is not None, default=None)
        for each in candidates:
            if is_taken or each is not best:
                del guesses[each]
    result = [
        replace(each, facts=replace(each.facts, auth_role=guesses.get(each, each.facts.auth_role))) for each in found
    ]
    return with_one_name(result)


def with_one_name(operations: list[Operation]) -> list[Operation]:
    """Return operations of which a guessed sign-up takes the name by which people log in, where it has such a member."""
    entering = next((each.auth_role for each in operations if each.role == "log-in"), None)
    name = entering.identifier.rpartition("/")[2] if entering is not None and entering.identifier else None

    def aligned(operation: Operation) -> Operation:
        fact = operation.facts.auth_role
        if name is None or fact is None or fact.is_declared or fact.value.role != "register":
            return operation
        pointer = pointer_of(operation, name)
        role = replace(fact.value, identifier=pointer) if pointer is not None else fact.value
        return replace(operation, facts=replace(operation.facts, auth_role=replace(fact, value=role)))

    return [aligned(operation) for operation in operations]


def with_guessed_pages(operations: Iterable[Operation], parameters: Mapping[str, str]) -> list[Operation]:
    """Return operations with the pages that their names let guess; `parameters` names the items right below each path."""

    def guessed(operation: Operation) -> Operation:
        if PAGINATION in operation.facts.settled:
            return operation
        parameter = parameters.get(path_shape(operation.path), "")
        fact = readable(lambda each: pagination_of(each, parameter), operation)
        return replace(operation, facts=replace(operation.facts, pagination=fact)) if fact else operation

    return [guessed(operation) for operation in operations]


def with_guessed_access(operations: Iterable[Operation]) -> list[Operation]:
    """Return operations with the callers that their paths and their items let guess."""
    found = list(operations)
    readers = {each.path: each for each in found if each.method == "GET" and each.path_parameters}
    accounts = [each.success.schema for each in found if each.role == "register" and each.success.schema is not None]
    people = frozenset(path for path, each in readers.items() if each.success.schema in accounts)

    def guessed(operation: Operation) -> Operation:
        if ACCESS in operation.facts.settled or operation.facts.access is not None:
            return operation
        fact = readable(lambda each: access_of(each, readers, people), operation)
        return replace(operation, facts=replace(operation.facts, access=fact)) if fact else operation

    return [guessed(operation) for operation in found]


def readable(read: Callable[[Operation], Fact[T] | None], operation: Operation) -> Fact[T] | None:
    """Return what is guessed of an operation; None where it cannot be read, which is among the mistakes."""
    try:
        return read(operation)
    except DocumentError:
        return None
