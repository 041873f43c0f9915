"""Journeys: operations that lead to each other by the links of their answers."""

from collections.abc import Collection

from ..contract.document import Document


def journeys(document: Document, among: Collection[str]) -> list[frozenset[str]]:
    """
    Return the groups of operations that links connect, in the order of the document.

    Each is walked by itself: in one crowd the long chains would hardly ever be walked to their end.
    """
    groups: list[frozenset[str]] = []
    for operation in document.operations:
        linked = {operation.id, *operation.leads_to} & set(among)
        if operation.id in linked and len(linked) > 1:
            near = [group for group in groups if group & linked]
            groups = [group for group in groups if group not in near] + [frozenset(linked.union(*near))]
    return groups
