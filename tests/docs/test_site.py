"""The documentation as one site: it leaves no page out, and what it makes of Markdown is right."""

from pathlib import Path

import pytest

from docs import build_site
from docs.build_site import ROOT, Mistake, named, navigation, pages, write_source


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository whose site is built in a folder of its own."""
    (tmp_path / "docs").mkdir()
    for name in ("site.yml", "site.css", "site.js"):
        (tmp_path / "docs" / name).write_bytes((ROOT / "docs" / name).read_bytes())
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    monkeypatch.setattr(build_site, "SOURCE", tmp_path / "source")
    return tmp_path


def test_navigation_names_every_page_of_docs() -> None:
    """Each page of docs/ can be reached, each once, and nothing is named that is not there."""
    names = [*named(navigation())]
    documents = [path for path in pages() if path.parts[0] == "docs"]

    assert [path for path in documents if path not in names] == []
    assert [path for path in names if not (ROOT / path).is_file()] == []
    assert len(names) == len(set(names))
    assert {Path("README.md"), Path("CONTRIBUTING.md")} <= set(names)


def test_folder_of_laws_is_grouped(root: Path) -> None:
    """Pages named after laws stand below their group, and none of them has to be named by hand."""
    (root / "docs" / "rules").mkdir()
    for name in ("PAGE-02", "AUTH-01", "PAGE-01"):
        (root / "docs" / "rules" / f"{name}.md").touch()

    laws = next(entry["Laws"] for entry in navigation() if "Laws" in entry)

    assert laws[1:] == [
        {"AUTH": [{"AUTH-01": "docs/rules/AUTH-01.md"}]},
        {"PAGE": [{"PAGE-01": "docs/rules/PAGE-01.md"}, {"PAGE-02": "docs/rules/PAGE-02.md"}]},
    ]


def test_files_that_pages_link_to_are_shown(root: Path) -> None:
    """A link to a file leads to a page with its text, also in a hidden folder; one to a folder is text."""
    (root / ".ci").mkdir()
    (root / ".ci" / "run.py").write_text("print(1)")
    (root / "docs" / "a.md").write_text("[run](../.ci/run.py), [all](../.ci), [b](a.md#b), `[x](gone.py)`\n")

    write_source()

    source = root / "source" / "pages"
    assert (source / "docs" / "a.md").read_text() == "[run](../ci/run.py.md), all, [b](a.md#b), `[x](gone.py)`\n"
    assert "`````python\nprint(1)\n`````" in (source / "ci" / "run.py.md").read_text()


def test_a_link_that_leads_nowhere_ends_the_build(root: Path) -> None:
    """A mistake names the page and the link."""
    (root / "docs" / "a.md").write_text("[gone](gone.py)\n")

    with pytest.raises(Mistake, match=r"docs/a\.md: the link to gone\.py leads nowhere"):
        write_source()


def test_list_in_a_list_stays_one(root: Path) -> None:
    """Two spaces make a list in a list here, and four where the site is made; code is left as it is."""
    (root / "docs" / "a.md").write_text("- a\n  - b\n\n```\n  - c\n```\n")

    write_source()

    assert (root / "source" / "pages" / "docs" / "a.md").read_text() == "- a\n    - b\n\n```\n  - c\n```\n"


@pytest.mark.parametrize(("anchor", "code"), [("top", 0), ("nowhere", 1)])
def test_a_broken_anchor_ends_the_build(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], anchor: str, code: int
) -> None:
    """A link to a heading that is there passes; one to none ends with 1, and names the page."""
    pytest.importorskip("zensical", reason="NO ZENSICAL here: `tox -e docs-site` has it, and tries this")
    monkeypatch.setattr(build_site, "SITE", root / "site")
    settings = (root / "docs" / "site.yml").read_text()
    (root / "docs" / "site.yml").write_text(settings.partition("\nnav:")[0] + "\nnav: [README.md]\n")
    (root / "README.md").write_text(f"# Top\n\n[a heading](#{anchor})\n")

    assert build_site.main() == code
    assert (root / "site" / "index.html").exists() == (code == 0)
    assert ("README.md:3" in capsys.readouterr().err) == (code == 1)
