"""The pages of reports in a browser: their script runs, the first failure is at hand, and nobody is left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.cli import main
from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.comparison import Earlier
from bookplate.wire.evidence import evidence_of
from bookplate.wire.exchange import Exchange
from tests.browser.axe import judged
from tests.browser.chromium import Tab, needs_chromium, tab

from .test_report import FINDINGS, write

pytestmark = [needs_chromium, pytest.mark.long]
PAGES = ("new/report.html", "new/rules/AUTHZ-01.html", "all/report.html")
NIGHTLY = pytest.mark.nightly
UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true })"
# Where the first failure begins, and how far its law reaches.
MEASURE = """(() => {
  const entry = document.querySelector(".entry.failed");
  return [entry.getBoundingClientRect().top, entry.querySelector(".law").getBoundingClientRect().bottom];
})()"""


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(Path(tmp_path_factory.mktemp("browser"))) as page:
        yield page


@pytest.fixture(name="reports", scope="module")
def _reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run with something of each kind, and in `all/` those of two services."""
    folder = Path(tmp_path_factory.mktemp("reports"))
    sent = Exchange("create_shelf", "POST", "http://localhost/a?b=c", [("A", "b")], b"{}", 500, [("c", "d")], b"e")
    shown = Finding(
        "AUTHZ-01",
        "create_shelf",
        Verdict.FAILED,
        observed="answered",
        exchanges=evidence_of([sent]),
        smallest="2 of 3 parts of the request were left out",
        found_with=evidence_of([sent]),
    )
    expected = Finding("SCHEMA-02", "create_shelf", Verdict.WARNED, reason="expected: we know", observed="x")
    write(folder / "old", FINDINGS)
    write(folder / "new", [*FINDINGS, shown, expected], earlier=Earlier.read(folder / "old" / "report.json"))
    reports = [str(folder / name / "report.json") for name in ("old", "new")]
    main(["report", "merge", *reports, "--output", str(folder / "all")])
    return folder


def test_browser_runs_the_script_that_the_policy_allows(page: Tab, reports: Path) -> None:
    page.show((reports / "new" / "report.html").as_uri())

    assert page.evaluate("document.querySelectorAll('button[aria-label=\"Copy the command\"]').length") > 0
    assert page.complaints() == []


@pytest.mark.parametrize("width", [1280, 400])
def test_the_first_failure_is_above_the_fold(page: Tab, tmp_path: Path, width: int) -> None:
    """In a window of 900 pixels below each other, the last hundred unused; many laws failed, another run was compared."""
    rules = ("ROBUST-01", *(f"PAGE-{number:02}" for number in range(1, 12)))
    failures = [Finding(rule, "create_shelf", Verdict.FAILED, observed="this", expected="that") for rule in rules]
    write(tmp_path, failures[:3])
    write(tmp_path, failures, earlier=Earlier.read(tmp_path / "report.json"))

    page.show((tmp_path / "report.html").as_uri(), width=width)

    top, end_of_law = page.evaluate(MEASURE)
    assert 0 < top < end_of_law < 800
    assert page.overflow() == 0


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        pytest.param(name, width, scheme, marks=() if (name, width, scheme) == (PAGES[0], 400, "dark") else NIGHTLY)
        for name in PAGES
        for width in (1280, 400)
        for scheme in ("light", "dark")
    ],
)
def test_axe_has_nothing_to_say(page: Tab, reports: Path, name: str, width: int, scheme: str) -> None:
    page.show((reports / name).as_uri(), width=width, scheme=scheme)
    page.evaluate(UNFOLD)

    found = judged(page)

    assert found["violations"] == []
    assert found["passes"] > 20


def test_axe_finds_what_is_wrong(page: Tab, reports: Path, tmp_path: Path) -> None:
    source = (reports / "new" / "report.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(source.replace("<footer>", "<footer><button></button><img src=''>"), encoding="utf-8")
    page.show(broken.as_uri())

    assert [name for name, _ in judged(page)["violations"]] == ["button-name", "image-alt"]
