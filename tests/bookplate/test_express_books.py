"""A service in Node keeps the whole contract: it is installed with npm, started by a command, and checked as any other."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from . import command
from .command import Report

pytestmark = pytest.mark.long

EXAMPLE = Path("examples/express_books")
CONFIG = EXAMPLE / "bookplate.toml"
SERVICE = f"node {EXAMPLE}/server.js --port {{port}}"
OLDEST_NODE = 20
# Each asks another part of the service, or of what its settings name: the mint hook, and the command that makes an admin.
SOME_LAWS = ("SPEC-03", "AUTH-04", "AUTHZ-05", "COND-03", "CONC-05", "CURSOR-03", "ERR-11")


@pytest.fixture(name="node", scope="module")
def _node() -> None:
    """Skip the tests, loudly, where there is no Node that is new enough."""
    if shutil.which("node") is None:
        pytest.skip("NO NODE on this machine: examples/express_books was not checked")
    version = said_by("node", "--version").stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"NODE IS TOO OLD, {version}: examples/express_books was not checked")


def test_some_laws_hold(node: None, tmp_path: Path) -> None:
    """Installing may compile for minutes: that is left to the night and to tox -e examples."""
    if not is_installed():
        pytest.skip(f"NOT INSTALLED: npm ci --prefix {EXAMPLE}, or tox -e examples; examples/express_books was not checked")

    report = command.report_with({}, tmp_path, SERVICE, "--fast", *command.rules(*SOME_LAWS), config=CONFIG)

    assert (report["exit_code"], failed(report)) == (0, set())
    assert {finding["rule"] for finding in report["findings"] if finding["verdict"] == "passed"} == set(SOME_LAWS)


@pytest.mark.nightly  # takes minutes, as does what npm may have to compile
def test_the_whole_contract_is_kept(node: None, tmp_path: Path) -> None:
    install()

    report = command.report_of_its_own_process(tmp_path, "check", SERVICE, "--config", str(CONFIG))

    unchecked = {finding["rule"] for finding in report["findings"] if finding["verdict"] == "not checked"}
    assert (report["exit_code"], failed(report)) == (0, set())
    assert unchecked == set()
    assert report["missing"] == []


def test_it_uses_nothing_of_ours() -> None:
    written = [*EXAMPLE.glob("*.js"), *EXAMPLE.glob("routes/*.js"), EXAMPLE / "package.json"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in written)

    assert len(written) > 20
    assert "../impl" not in text
    assert "../bookplate" not in text
    assert "../sdk" not in text


def test_the_lock_names_no_registry() -> None:
    """Whoever installs chooses the registry, and every package has a hash."""
    lock = json.loads((EXAMPLE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}

    assert packages
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if "integrity" not in each] == []


def failed(report: Report) -> set[tuple[str, str]]:
    return {(each["rule"], each["operation"]) for each in report["findings"] if each["verdict"] == "failed"}


def install() -> None:
    """Install what the lock names, if it is not there; skip the test, loudly, where npm cannot."""
    if is_installed():
        return
    if shutil.which("npm") is None:
        pytest.skip("NO NPM on this machine: examples/express_books was not checked")
    done = said_by("npm", "ci", "--prefix", str(EXAMPLE), "--no-audit", "--no-fund", "--loglevel=error")
    if done.returncode:
        pytest.skip(f"NPM COULD NOT INSTALL examples/express_books, and it was not checked: {done.stderr[:200]}")


def is_installed() -> bool:
    """Tell whether the packages are there in the versions of the lock; npm keeps a lock of what it has installed."""
    kept = EXAMPLE / "node_modules" / ".package-lock.json"
    if not kept.exists():
        return False
    wanted, installed = (
        {name: each for name, each in json.loads(file.read_text(encoding="utf-8"))["packages"].items() if name}
        for file in (EXAMPLE / "package-lock.json", kept)
    )
    needed = {name for name, each in wanted.items() if not each.get("optional")}
    return needed <= installed.keys() and all(
        name in wanted and wanted[name]["version"] == each["version"] for name, each in installed.items()
    )


def said_by(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
