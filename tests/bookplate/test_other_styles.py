"""What the reference has not: items below items, private walks, UUIDs, no links; nobody to sign in, bare lists."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bookplate.laws.catalogue import Catalogue
from tests.fakes import FOLDER

EXPERIMENTS = [law.id for law in Catalogue.shipped() if law.kind in ("document", "experiment")]


def verdicts(name: str, output: Path, *asked: str, defect: str = "") -> set[tuple[str, str, str]]:
    """Run the command for some rules, or all, against a service, and return each rule, operation and verdict that is no pass."""
    words = [word for rule in asked for word in ("--rule", rule)]
    target = [f"tests.fakes.{name}:create_app", "--config", str(FOLDER / f"{name}.toml"), "--output", str(output)]
    subprocess.run(
        [sys.executable, "-m", "bookplate", *target, *words],
        env=os.environ | {"ALBUMS_DEFECT": defect},
        capture_output=True,
        check=False,
    )
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    found = {(each["rule"], each["operation"], each["verdict"]) for each in report["findings"]}
    assert found, "nothing was looked at"
    return {each for each in found if each[2] != "passed"}


@pytest.mark.parametrize(("name", "rules"), [("albums", EXPERIMENTS), ("todos", [])])
def test_a_service_of_another_style_passes(name: str, rules: list[str], tmp_path: Path) -> None:
    """But for what is only recommended: they are toys."""
    assert {verdict for _, _, verdict in verdicts(name, tmp_path, *rules)} <= {"warned"}


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
    assert verdicts("albums", tmp_path, rule, defect=defect) == {(rule, operation, verdict) for operation in operations}
