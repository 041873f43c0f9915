"""What the tests of the suite share: the toy, its document, and the command run in this process."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.contract.document import Document

HERE = Path(__file__).parent


@pytest.fixture(name="document")
def _document() -> Document:
    return Document.load(HERE / "toy.yaml")


@pytest.fixture(name="check")
def _check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return the command, with the toy's configuration and reports in a temporary folder."""
    monkeypatch.setenv("PYTHONPATH", f"{HERE.parent}:{HERE.parent.parent}")
    monkeypatch.setattr(sys, "path", [str(HERE.parent), *sys.path])

    def check(*arguments: str) -> int:
        return main([*arguments, "--config", str(HERE / "toy.toml"), "--output", str(tmp_path / "out")])

    return check
