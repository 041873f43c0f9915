"""What several STATE laws use."""

from bookplate.contract import Operation


def is_deletion(operation: Operation) -> bool:
    """It deletes the item that its path names."""
    return operation.method == "DELETE" and len(operation.path_parameters) > 0
