"""docs/how-to/check-replicas.md is true: its files are written and its commands run, in a folder of their own."""

import re
from pathlib import Path

from tests.bookplate import test_replicas

from .service_pages import ROOT, STEP, Reader

PAGE = (ROOT / "docs/how-to/check-replicas.md").read_text(encoding="utf-8")


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    Reader(tmp_path, []).follow(PAGE)


def test_the_page_has_its_steps() -> None:
    files = [step["file"] for step in STEP.finditer(PAGE)]

    assert [name for name in files if name] == [
        "openapi.yaml",
        "limits.py",
        "service.py",
        "bookplate.toml",
        "limits.py",
    ]
    assert files.count(None) == 3


def test_the_laws_that_the_page_names_are_those_of_the_tests() -> None:
    """Each fault of the tests has a row, in their order, and the law that a test plays is the first in it."""
    rows = re.findall(r"^\| [^|]+ \| ([A-Z]+-\d\d)(?:, [A-Z]+-\d\d)* \|$", PAGE, re.MULTILINE)

    assert rows == [*test_replicas.LAW_BY_FAULT.values()]
