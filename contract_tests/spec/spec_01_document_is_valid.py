"""SPEC-01: document is valid."""

from typing import Any

from bookplate import Violation, document_law, fault
from bookplate.contract import Document, mistakes


@document_law("SPEC-01", source="OpenAPI 3.0.3")
def test_document_is_valid(document: Document) -> None:
    """
    The document is valid OpenAPI, its examples and extension keys follow their schemas, and its operation ids differ.

    Extension keys are judged where x-keys.schema.json lies beside the document; those of other tools are left alone.
    Every mistake is reported with its line.

    Why it matters: generators of clients, documentation and mocks stop at an invalid document, or make wrong code of it.
    Developers copy the examples; one that breaks its schema is refused when they send it.

    To mend it: open the line that the report names, and mend the reference, example, id or key there. `bookplate
    lint` says the same without a service, so let it run with every change of the document.
    """
    found = [str(mistake) for mistake in mistakes(document)]

    if found:
        more = (
            [f"and {len(found) - MOST_SHOWN} more: `bookplate lint` shows them all"] if len(found) > MOST_SHOWN else []
        )
        raise Violation("\n".join([*found[:MOST_SHOWN], *more]), expected="a valid document")


MOST_SHOWN = 50


def first_operation(raw: dict[str, Any]) -> Any:
    """Return the first operation of the first path of a parsed document."""
    first_path = next(iter(raw["paths"].values()))
    return next(iter(first_path.values()))


def last_operation(raw: dict[str, Any]) -> Any:
    """Return the last operation of a parsed document."""
    operations = [each for path in raw["paths"].values() for each in path.values() if "operationId" in each]
    return operations[-1]


@fault(test_document_is_valid)
def reference_into_nothing(raw: dict[str, Any]) -> None:
    """A response refers to a component that does not exist."""
    first_operation(raw)["responses"]["404"] = {"$ref": "#/components/responses/Nowhere"}


@fault(test_document_is_valid)
def example_breaks_its_schema(raw: dict[str, Any]) -> None:
    """An example is of another type than its schema."""
    raw["components"]["schemas"]["Wrong"] = {"type": "integer", "example": "seven"}


@fault(test_document_is_valid)
def operation_id_stands_twice(raw: dict[str, Any]) -> None:
    """Two operations have one id."""
    last_operation(raw)["operationId"] = first_operation(raw)["operationId"]


@fault(test_document_is_valid)
def extension_key_is_misspelt(raw: dict[str, Any]) -> None:
    """An extension key of an operation is misspelt."""
    first_operation(raw)["x-acces"] = {"allow": ["user"]}


@fault(test_document_is_valid)
def groups_of_origins_are_no_list(raw: dict[str, Any]) -> None:
    """A tag names its groups of origins as a text, not as a list."""
    raw["tags"] = [{"name": "unused", "x-cors": {"origins": "apps"}}]
