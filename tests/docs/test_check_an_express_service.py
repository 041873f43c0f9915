"""docs/how-to/check-an-express-service.md is true: its files are written and its commands run, in a folder of their own."""

from pathlib import Path

import pytest

from tests.bookplate.express_books import EXAMPLE, install, is_installed, require_node
from tests.docs.service_pages import ROOT, STEP, Reader

PAGE = (ROOT / "docs/how-to/check-an-express-service.md").read_text(encoding="utf-8")
MODULES = ROOT / EXAMPLE / "node_modules"

pytestmark = pytest.mark.long


def reader_in(folder: Path) -> Reader:
    """Return somebody with the packages of the example instead of those that npm would install."""

    def npm(words: list[str]) -> None:
        assert words == ["install", "express@5"]
        (reader.folder / "node_modules").symlink_to(MODULES, target_is_directory=True)

    reader = Reader(folder, [], {"npm": npm})
    return reader


def test_a_mistake_is_found_and_mended(tmp_path: Path) -> None:
    """At every change, where the packages are there: all but the last step, which tries all laws."""
    require_node()
    if not is_installed():
        pytest.skip(
            "NOT INSTALLED: tox -e examples installs it; docs/how-to/check-an-express-service.md was not followed"
        )

    reader_in(tmp_path).follow(PAGE.partition("## 5.")[0])


@pytest.mark.nightly  # installs with npm, and tries all laws
def test_the_page_can_be_followed(tmp_path: Path) -> None:
    require_node()
    install()

    reader_in(tmp_path).follow(PAGE)


def test_the_page_has_its_steps() -> None:
    files = [step["file"] for step in STEP.finditer(PAGE)]

    assert [name for name in files if name] == [
        "openapi.yaml",
        "package.json",
        "server.js",
        "bookplate.toml",
        "server.js",
    ]
    assert files.count(None) == 4
