"""A service in Node keeps the whole contract: it is installed with npm, started by a command, and checked as any other."""

import json
from pathlib import Path

import pytest

from . import command
from .command import Report
from .express_books import EXAMPLE, install, is_installed, require_node

pytestmark = pytest.mark.long

CONFIG = EXAMPLE / "bookplate.toml"
SERVICE = f"node {EXAMPLE}/server.js --port {{port}}"
# Each asks another part of the service, or of what its settings name: the mint hook, and the command that makes an admin.
SOME_LAWS = ("SPEC-03", "AUTH-04", "AUTHZ-05", "COND-03", "CONC-05", "CURSOR-03", "ERR-11")


def test_some_laws_hold(tmp_path: Path) -> None:
    """Installing may compile for minutes: that is left to the night and to tox -e examples."""
    require_node()
    if not is_installed():
        pytest.skip(
            f"NOT INSTALLED: npm ci --prefix {EXAMPLE}, or tox -e examples; examples/express_books was not checked"
        )

    report = command.report_with({}, tmp_path, SERVICE, "--fast", *command.rules(*SOME_LAWS), config=CONFIG)

    assert (report["exit_code"], failed(report)) == (0, set())
    assert {finding["rule"] for finding in report["findings"] if finding["verdict"] == "passed"} == set(SOME_LAWS)


@pytest.mark.nightly  # takes minutes, as does what npm may have to compile
def test_the_whole_contract_is_kept(tmp_path: Path) -> None:
    require_node()
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
