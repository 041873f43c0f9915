"""What the tests of the suite share: the toy's document, and the command run in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.contract.document import Document
from tests.fakes import FOLDER


@pytest.fixture(name="document")
def _document() -> Document:
    return Document.load(FOLDER / "toy.yaml")


@pytest.fixture(name="check")
def _check(tmp_path: Path) -> Callable[..., int]:
    """Return the command, with the toy's configuration and reports in a temporary folder."""

    def check(*arguments: str) -> int:
        return main([*arguments, "--config", str(FOLDER / "toy.toml"), "--output", str(tmp_path / "out")])

    return check
