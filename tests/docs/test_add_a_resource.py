"""What docs/how-to/add-a-resource.md adds is held to every law that books are held to, with no edit of the suite."""

import re
from pathlib import Path

import pytest

from bookplate.contract.document import Document
from bookplate.contract.reading import read
from bookplate.laws.catalogue import Catalogue
from tests.docs.test_tutorial import ROOT, Reader, copy_repository

PAGE = (ROOT / "docs/how-to/add-a-resource.md").read_text(encoding="utf-8")
OPERATIONS = ["create_book", "list_books", "get_book", "update_book", "delete_book"]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The document as the page leaves it, less what books have and reviews have not."""
    folder: Path = tmp_path_factory.mktemp("reviews")
    copy_repository(folder)
    Reader(folder).follow(PAGE, types=False)
    path = folder / "openapi/openapi.yaml"
    content = read(path)
    raw = content.value
    del raw["components"]["schemas"]["NewIsbn"]["x-unique"]
    raw["paths"]["/books"]["post"]["parameters"].remove({"$ref": "#/components/parameters/IdempotencyKey"})
    return Document(path, raw, content.places)


def laws(document: Document, operation_id: str) -> list[str]:
    """Return the laws that apply, but for PAGE-11: no review lacks a value that it is sorted by, and none is text."""
    operation = document.operation(operation_id)
    return [rule.id for rule in Catalogue.shipped() if rule.applies(operation) and rule.id != "PAGE-11"]


@pytest.mark.parametrize("of_books", OPERATIONS)
def test_every_law_of_books_applies(document: Document, of_books: str) -> None:
    assert laws(document, of_books.replace("book", "review")) == laws(document, of_books)


def test_laws_of_every_feature_are_compared(document: Document) -> None:
    groups = {law.partition("-")[0] for each in OPERATIONS for law in laws(document, each)}

    assert {"AUTH", "AUTHZ", "CACHE", "CONC", "COND", "CORS", "PAGE", "RATE", "STATE"} <= groups


def test_the_page_edits_document_and_implementation_alone() -> None:
    edited = re.findall(r"^\+\+\+ b/(\w+)/", PAGE, flags=re.MULTILINE)

    assert set(edited) == {"openapi", "impl"}
