"""Journeys: operations that lead to each other by the links of their answers."""

from collections.abc import Collection

from ..contract.document import Document
from ..contract.operation import Operation


def journeys(document: Document, among: Collection[str]) -> list[frozenset[str]]:
    """
    Return the groups of operations that links connect, in the order of the document.

    Each is walked by itself: in one crowd the long chains would hardly ever be walked to their end.
    """
    groups: list[frozenset[str]] = []
    for operation in document.operations:
        linked = {operation.id, *targets(operation)} & set(among)
        if operation.id in linked and len(linked) > 1:
            near = [group for group in groups if group & linked]
            groups = [group for group in groups if group not in near] + [frozenset(linked.union(*near))]
    return groups


def targets(operation: Operation) -> set[str]:
    """Return the ids that the links of its answers lead to."""
    return {link.operation_id for response in operation.responses.values() for link in response.links}
