"""The documentation names only what is there, and what is generated is current."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEED = ROOT / "docs" / "seed.md"
# Sections on a library's part have one column more, before the file.
ROW = re.compile(r"^\| ([A-Z]{2}-\d{2}) \| [^|]+ \| (?:[^|]+ \| )?([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LAW = re.compile(r"\b[A-Z]{3,}-\d{2}\b")
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
NAMED_FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)+|\.env\.example|pyproject\.toml)`")
# A file or a folder of the repository, named by its path; `<tag>` or `*` stands for any one name.
NAMED_PATH = re.compile(r"`((?:bookplate|contract_tests|docs|examples|impl|openapi|sdk|tests)/[\w<>*./-]*)`")
MADE_PATH = re.compile(r"^(?:\+\+\+ b/|\$ cp \S+ )(\S+)$", re.MULTILINE)  # by a diff or a command of a how-to page
PAGES_OF_THE_PAST = {"decisions.md", "CHANGELOG.md"}
LONGEST_LINE = 120
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")


def rows() -> list[tuple[str, str, str]]:
    """Return id, file and proof of each row of the guide's table."""
    return ROW.findall(SEED.read_text())


def laws() -> set[str]:
    """Return the id of every law of the suite."""
    return {
        law
        for path in (ROOT / "contract_tests").rglob("*.py")
        for law in re.findall(r'"([A-Z]+-\d{2})"', path.read_text())
    }


@cache
def impl_tests() -> dict[str, Path]:
    """Return each file of tests of the reference by its name, which no other one has."""
    paths = [*(ROOT / "tests" / "impl").rglob("test_*.py")]
    by_name = {path.name: path for path in paths}
    assert len(by_name) == len(paths)
    return by_name


def pages() -> Iterator[Path]:
    """Yield every page that people read."""
    yield from ROOT.glob("*.md")
    for folder in ("bookplate", "contract_tests", "docs", "examples"):
        # What npm has installed for an example is not ours.
        yield from (page for page in (ROOT / folder).rglob("*.md") if "node_modules" not in page.parts)


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page with their numbers: those outside code, tables and what a program has written."""
    is_code = is_generated = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        is_fence = line.lstrip().startswith("```")
        is_code ^= is_fence
        if "<!-- /" in line:
            is_generated = False
        elif "<!-- Generated" in line or "<!-- bench" in line:
            is_generated = True
        if not (is_code or is_generated or is_fence or line.startswith("|")):
            yield number, line


each_page = pytest.mark.parametrize("page", sorted(pages()), ids=lambda page: page.relative_to(ROOT).as_posix())


def test_every_row_is_read() -> None:
    """Every line of a table in docs/seed.md is a row of the known shape, each id once."""
    lines = [line for line in SEED.read_text().splitlines() if re.match(r"\| [A-Z]{2}-", line)]
    ids = [row[0] for row in rows()]

    assert len(lines) == len(ids) == len(set(ids))
    assert len(ids) > 60


@pytest.mark.parametrize(("row", "files", "proof"), rows())
def test_row_names_what_is_there(row: str, files: str, proof: str) -> None:
    """Each row has a file and a proof, and both exist: files, test functions and laws."""
    names = NAMED_FILE.findall(files)
    tests, named_laws = TEST.findall(proof), LAW.findall(proof)
    sources = {name: impl_tests()[name] for name, _ in tests if name in impl_tests()}

    assert names, f"{row} names no file"
    assert tests or named_laws or NAMED_FILE.search(proof), f"{row} names no proof"
    assert [name for name in names + NAMED_FILE.findall(proof) if not (ROOT / name).exists()] == []
    assert [law for law in named_laws if law not in laws()] == []
    assert [name for name, _ in tests if name not in sources] == []
    assert [test for name, test in tests if f"\ndef {test}(" not in sources[name].read_text()] == []


@each_page
def test_lines_are_short(page: Path) -> None:
    """A line that people read and edit ends before its editor does."""
    assert [f"{page.name}:{number}" for number, line in prose(page) if len(line) > LONGEST_LINE] == []


@each_page
def test_named_paths_are_there(page: Path) -> None:
    """Every path that a page names is there or made on the page; decisions and changes may name what is gone."""
    text = page.read_text(encoding="utf-8")
    named = [] if page.name in PAGES_OF_THE_PAST else NAMED_PATH.findall(text)
    made = MADE_PATH.findall(text)

    missing = [path for path in named if not any(ROOT.glob(re.sub(r"<\w+>", "*", path)))]
    assert [path for path in missing if not any(one.startswith(path) for one in made)] == []


@each_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file of the repository."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)

    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
