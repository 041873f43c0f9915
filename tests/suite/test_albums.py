"""What the reference has not: items below items, private walks, no links, no sizes of everything."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from contract_tests import rules as _rules  # noqa: F401  (importing the package registers the rules)
from contract_tests.rule import rules_of

HERE = Path(__file__).parent
EXPERIMENTS = [rule.id for rule in rules_of("document", "experiment")]


def verdicts(output: Path, asked: Iterable[str], defect: str = "") -> set[tuple[str, str, str]]:
    """Run the command for some rules against the service, and return each rule, operation and verdict that is no pass."""
    words = [word for rule in asked for word in ("--rule", rule)]
    target = ["tests.suite.albums:create_app", "--config", str(HERE / "albums.toml"), "--output", str(output)]
    subprocess.run(
        [sys.executable, "-m", "contract_tests", *target, *words],
        env=os.environ | {"ALBUMS_DEFECT": defect},
        capture_output=True,
        check=False,
    )
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return {(each["rule"], each["operation"], each["verdict"]) for each in report["findings"]} - {
        (each["rule"], each["operation"], "passed") for each in report["findings"]
    }


def test_every_experiment_passes(tmp_path: Path) -> None:
    """But for what is only recommended: it is a toy."""
    assert {verdict for _, _, verdict in verdicts(tmp_path, EXPERIMENTS)} <= {"warned"}


@pytest.mark.parametrize(
    ("defect", "rule", "operations", "verdict"),
    [
        ("any-album", "AUTHZ-04", {"get_photo", "update_photo", "delete_photo"}, "failed"),
        ("any-photo", "AUTHZ-04", {"get_photo", "update_photo", "delete_photo"}, "failed"),
        ("anybodys-cursor", "CURSOR-07", {"feed_albums", "feed_photos"}, "warned"),
        ("any-cursor", "CURSOR-07", {"feed_albums", "feed_photos"}, "warned"),
    ],
)
def test_a_defect_is_found(tmp_path: Path, defect: str, rule: str, operations: set[str], verdict: str) -> None:
    assert verdicts(tmp_path, [rule], defect) == {(rule, operation, verdict) for operation in operations}
