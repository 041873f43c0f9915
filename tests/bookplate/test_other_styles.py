"""What the reference has not: items below items, private walks, UUIDs, no links; nobody to sign in, bare lists."""

from pathlib import Path

import pytest

from bookplate.laws.catalogue import Catalogue
from tests.fakes import FOLDER

from . import command
from .command import Report

pytestmark = pytest.mark.long

# What needs an origin in the settings, a filter of a list by free text, an operation that deletes or changes what the list
# shows, or answers that say something in a field and in a member.
UNCHECKED = {
    *("CORS-01", "CORS-02", "CORS-03", "CORS-04", "CORS-07"),
    *("ERR-04", "STATE-05", "CURSOR-03", "PAGE-10", "HTTP-03"),
}
EXPERIMENTS = [law.id for law in Catalogue.shipped() if law.kind in ("document", "experiment") and not law.is_probe]


def not_passed(report: Report) -> set[tuple[str, str, str]]:
    """Return each rule, operation and verdict of a report that is no pass."""
    found = {(each["rule"], each["operation"], each["verdict"]) for each in report["findings"]}
    assert found, "nothing was looked at"
    return {each for each in found if each[2] != "passed"}


@pytest.mark.nightly  # at every change the strangers are tried by all experiments
@pytest.mark.parametrize(("name", "rules"), [("albums", EXPERIMENTS), ("todos", [])])
def test_a_service_of_another_style_passes(name: str, rules: list[str], tmp_path: Path) -> None:
    """But for what is only recommended, and what needs an origin, a filter or a deletion: they are toys."""
    config = ["--config", str(FOLDER / f"{name}.toml")]
    report = command.report_of_its_own_process(
        tmp_path, f"tests.fakes.{name}:create_app", *config, *command.rules(*rules)
    )

    left = not_passed(report)
    assert {verdict for _, _, verdict in left} <= {"warned", "not checked"}
    assert {rule for rule, _, verdict in left if verdict == "not checked"} <= UNCHECKED


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
    report = command.report_with(
        {"ALBUMS_DEFECT": defect},
        tmp_path,
        "tests.fakes.albums:create_app",
        *command.rules(rule),
        config=FOLDER / "albums.toml",
    )

    assert not_passed(report) == {(rule, operation, verdict) for operation in operations}
