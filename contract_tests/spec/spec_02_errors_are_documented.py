"""SPEC-02: errors are documented."""

from typing import Any

from bookplate import SHOULD, Violation, document_law, fault
from bookplate.contract import Document, Operation, has_body, has_input, is_claim, is_limited, is_secured


@document_law("SPEC-02", level=SHOULD, source="OpenAPI 3.0.3; OWASP API9:2023")
def test_errors_are_documented(document: Document) -> None:
    """Each operation documents the errors that its inputs, its security, its limits and its conditions lead to."""
    for operation in document.operations:
        told = operation.responses.keys()
        due = (status for status, reached in reachable(operation).items() if reached)
        if missing := [each for each in due if told.isdisjoint(("default", f"{each[0]}XX", *each.split(" or ")))]:
            where = document.where(operation.pointer)
            raise Violation(f"{where}: {operation.id} documents no {', no '.join(missing)}", expected="every error")


def reachable(operation: Operation) -> dict[str, bool]:
    condition = operation.parameter("If-Match", "header")
    restricted = operation.access is not None and "user" not in operation.allow
    return {
        "400 or 422": has_input(operation),
        "401": is_secured(operation),
        str(operation.refusal): restricted,
        "404": bool(operation.path_parameters),
        "409": is_claim(operation),
        "412": condition is not None,
        "415": has_body(operation),
        "428": condition is not None and condition.required,
        "429": is_limited(operation),
    }


@fault(test_errors_are_documented)
def not_found_is_not_documented(raw: dict[str, Any]) -> None:
    """An operation on an item documents no 404."""
    del next(item for path, item in raw["paths"].items() if "{" in path)["get"]["responses"]["404"]
