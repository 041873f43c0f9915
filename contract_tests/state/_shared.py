"""What several STATE laws use."""

from bookplate.contract import Operation


def is_about_an_item(operation: Operation) -> bool:
    return bool(operation.path_parameters)


def is_deletion(operation: Operation) -> bool:
    return operation.method == "DELETE" and is_about_an_item(operation)
