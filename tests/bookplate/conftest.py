"""What the tests of the suite share: the toy's document, and the command run on it in this process."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bookplate.contract.document import Document
from tests.fakes import FOLDER

from . import command


@pytest.fixture(name="document")
def _document() -> Document:
    return Document.load(FOLDER / "toy.yaml")


@pytest.fixture(name="check")
def _check(tmp_path: Path) -> Callable[..., int]:
    """Return the command, with the toy's configuration and reports in a temporary folder."""
    return partial(command.check, tmp_path / "out")
