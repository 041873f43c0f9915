"""Small documents, in each version of OpenAPI that the model reads."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from bookplate.contract import Document

Read = Callable[..., Document]
VERSIONS = ("3.0.3", "3.1.0")


@pytest.fixture(name="read", params=VERSIONS)
def _read(tmp_path: Path, request: pytest.FixtureRequest) -> Read:
    """Return a function that reads a document whose version and info are already written."""

    def read(text: str) -> Document:
        path = tmp_path / "openapi.yaml"
        head = f"openapi: {request.param}\ninfo: {{title: Notes, version: 1.2.0}}\n"
        path.write_text(head + dedent(text).strip("\n") + "\n", encoding="utf-8")
        return Document.load(path)

    return read
