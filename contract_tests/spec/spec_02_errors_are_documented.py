"""SPEC-02: errors are documented."""

from typing import Any

from bookplate import SHOULD, document_law, expect, fault
from bookplate.contract import Document, Operation, has_body, has_input, is_claim, is_limited, is_secured


@document_law("SPEC-02", level=SHOULD, source="OpenAPI 3.0.3; OWASP API9:2023")
def test_errors_are_documented(document: Document) -> None:
    """
    Each operation documents the errors that its inputs, its security, its limits and its conditions lead to.

    A range such as 4XX, or `default`, documents them too.

    Why it matters: developers of clients handle the errors that the document names. They meet each other one for the
    first time in production, where their code takes it for something else.

    To mend it: add the responses that follow from what the operation has. An id in its path leads to 404, security
    to 401 and 403, content to 422, limits to 429. Define each once under `components/responses`, and refer to it.
    """
    for operation in document.operations:
        due = [status for status, is_reached in errors_of(operation).items() if is_reached]
        missing = [status for status in due if not is_documented(operation, status)]

        observed = f"{document.where(operation.pointer)}: {operation.id} documents no {', no '.join(missing)}"
        expect.that(not missing, observed, expected="every error")


def errors_of(operation: Operation) -> dict[str, bool]:
    """Return errors, each with whether a request of this operation can end in it; of `400 or 422` one is enough."""
    condition = operation.parameter("If-Match", "header")
    is_restricted = operation.declares_access and "user" not in operation.allow
    return {
        "400 or 422": has_input(operation),
        "401": is_secured(operation),
        str(operation.refusal or "403 or 404"): is_restricted,
        "404": bool(operation.path_parameters),
        "409": is_claim(operation),
        "412": condition is not None,
        "415": has_body(operation),
        "428": condition is not None and condition.required,
        "429": is_limited(operation),
    }


def is_documented(operation: Operation, error: str) -> bool:
    """Tell whether an operation documents a status, or one of several, or a range or default that covers it."""
    return any(operation.response_to(int(status)) is not None for status in error.split(" or "))


@fault(test_errors_are_documented)
def not_found_is_not_documented(raw: dict[str, Any]) -> None:
    """An operation on an item documents no 404."""
    first_item = next(item for path, item in raw["paths"].items() if "{" in path)
    del first_item["get"]["responses"]["404"]
