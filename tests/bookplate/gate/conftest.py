"""What the tests of the gate share: the contract as released, and a copy that a test may change."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.contract.document import Document
from bookplate.gate.finding import BREAKING, Finding

# The seeds are sown in a document that stays as it is.
CONTRACT = Path("openapi/released/0.1.0.yaml")
# Where x-keys.schema.json lies, which makes the extension keys a part of what is valid.
BESIDE_THE_KEYS = Path("openapi/openapi.yaml")
Raw = dict[str, Any]
Change = Callable[[Raw], None]
Comparison = Callable[[Document, Document], Iterator[Finding]]
Both = Callable[[Change], tuple[Document, Document]]


@pytest.fixture(name="released", scope="session")
def _released() -> Document:
    return Document.load(CONTRACT)


@pytest.fixture(name="both")
def _both(released: Document) -> Callable[[Change], tuple[Document, Document]]:
    """Return a function that gives the contract twice, once as it is and once with a change but without lines."""

    def both(change: Change) -> tuple[Document, Document]:
        changed = released.plain()
        change(changed)
        return released, Document(BESIDE_THE_KEYS, changed, {})

    return both


@pytest.fixture(name="read_again")
def _read_again(both: Both, tmp_path: Path) -> Both:
    """Return the same function, with the change written to a file and read from there, for its lines."""

    def read_again(change: Change) -> tuple[Document, Document]:
        old, new = both(change)
        path = tmp_path / "openapi.yaml"
        path.write_text(yaml.safe_dump(new.plain(), sort_keys=False), encoding="utf-8")
        return old, Document.load(path)

    return read_again


@pytest.fixture(name="breaks")
def _breaks(both: Both) -> Callable[[Comparison, Change], list[str]]:
    """Return a function that gives what a comparison calls breaking about a change."""

    def breaks(comparison: Comparison, change: Change) -> list[str]:
        return [finding.message for finding in comparison(*both(change)) if finding.level == BREAKING]

    return breaks


def operation(raw: Raw, operation_id: str) -> Raw:
    found: Raw = next(
        each
        for item in raw["paths"].values()
        for each in item.values()
        if isinstance(each, dict) and each.get("operationId") == operation_id
    )
    return found


@pytest.fixture(name="find")
def _find() -> Callable[[Raw, str], Raw]:
    return operation
