"""What several HEALTH laws use."""

from bookplate.contract import Operation

DRAFT = "draft-inadarei-api-health-check-06"


def is_health(operation: Operation) -> bool:
    return operation.is_health and not operation.secured
