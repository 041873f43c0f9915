"""Raw nodes of a document stay in the room that reads them."""

import re
from pathlib import Path

import pytest

import bookplate

RAW = re.compile(
    r"\.raw\b|\bdocument\.source\b|\.resolve\((?!\))"
)  # `path.resolve()` without arguments is that of pathlib
# What other libraries call so: an operation of schemathesis, header fields of httpx, and an answer of requests.
THEIRS = re.compile(r"definition\.raw|headers\.raw|answer\.raw\.(?:stream|headers)")
ENGINE = Path(bookplate.__file__).parent
ROOTS = (ENGINE, ENGINE.parent / "contract_tests")
FILES = [
    path
    for root in ROOTS
    for path in sorted(root.rglob("*.py"))
    if path.is_file() and not path.is_relative_to(ENGINE / "contract")
]


def raw_nodes(text: str) -> list[str]:
    """Return the lines that touch a raw node."""
    return [line.strip() for line in text.splitlines() if RAW.search(THEIRS.sub("", line))]


@pytest.mark.parametrize(
    "line", ["document.raw['paths']", "operation.raw.get('x')", "document.resolve(node)", "document.source.at(node)"]
)
def test_a_raw_node_is_seen(line: str) -> None:
    assert raw_nodes(line) == [line]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ENGINE.parent)))
def test_laws_and_engine_use_typed_members(path: Path) -> None:
    assert raw_nodes(path.read_text(encoding="utf-8")) == []
