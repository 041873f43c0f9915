"""What several STATE laws use."""

from bookplate import NotChecked
from bookplate.contract import Document, Operation


def is_deletion(operation: Operation) -> bool:
    """It deletes the item that its path names."""
    return operation.method == "DELETE" and len(operation.path_parameters) > 0


def require_item(operation: Operation, document: Document) -> None:
    """Raise NotChecked where a deletion empties a list below an item: list and item stay."""
    if document.makes_items_at(operation.path):
        raise NotChecked(f"{operation.id} deletes what is in a list, and the list stays")
