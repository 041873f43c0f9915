"""SPEC-01: document is valid."""

from typing import Any

from bookplate import Violation, document_law, fault
from bookplate.contract import Document, mistakes


@document_law("SPEC-01", source="OpenAPI 3.0.3")
def test_document_is_valid(document: Document) -> None:
    """
    The document is valid OpenAPI, its examples and extension keys follow their schemas, and its operation ids differ.

    The schema of the extension keys is the file x-keys.schema.json beside the document, or else in openapi/.
    """
    for pointer, observed in mistakes(document):
        raise Violation(f"{document.where(pointer)}: {observed}", expected="a valid document")


def first_operation(raw: dict[str, Any]) -> Any:
    return next(iter(next(iter(raw["paths"].values())).values()))


@fault(test_document_is_valid)
def reference_into_nothing(raw: dict[str, Any]) -> None:
    """A response is a reference to nothing."""
    first_operation(raw)["responses"]["404"] = {"$ref": "#/components/responses/Nowhere"}


@fault(test_document_is_valid)
def example_breaks_its_schema(raw: dict[str, Any]) -> None:
    """An example is of another type than its schema."""
    raw["components"]["schemas"]["Wrong"] = {"type": "integer", "example": "seven"}


@fault(test_document_is_valid)
def operation_id_stands_twice(raw: dict[str, Any]) -> None:
    """Two operations have one id."""
    *_, last = (each for item in raw["paths"].values() for each in item.values() if "operationId" in each)
    last["operationId"] = first_operation(raw)["operationId"]


@fault(test_document_is_valid)
def extension_key_is_misspelt(raw: dict[str, Any]) -> None:
    """An operation has an extension key that nobody knows."""
    first_operation(raw)["x-acces"] = {"allow": ["user"]}


@fault(test_document_is_valid)
def groups_of_origins_are_no_list(raw: dict[str, Any]) -> None:
    """A tag names its group of origins as a text instead of a list."""
    raw["tags"] = [{"name": "unused", "x-cors": {"origins": "apps"}}]
