"""The version moves as far as the change does."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.gate.changes import NONE
from bookplate.gate.finding import BREAKING, COMPATIBLE
from bookplate.gate.versions import Version, check_name, check_version, last_released
from bookplate.target.config import SetUpError


@pytest.mark.parametrize(
    ("released", "verdict", "least"),
    [
        ("0.1.0", NONE, "0.1.0"),
        ("0.1.0", COMPATIBLE, "0.1.1"),
        ("0.1.9", BREAKING, "0.2.0"),
        ("1.2.3", COMPATIBLE, "1.3.0"),
        ("1.2.3", BREAKING, "2.0.0"),
    ],
)
def test_the_least_version_that_may_follow(released: str, verdict: str, least: str) -> None:
    version = Version.read(released)

    assert version is not None
    assert str(version.after(verdict)) == least


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0-rc.1", "01.0.0", None])
def test_what_is_no_version(text: object) -> None:
    assert Version.read(text) is None


def test_the_last_release_is_the_highest_number(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0", "0.2.0"):
        (tmp_path / f"{version}.yaml").touch()

    assert last_released(tmp_path).name == "0.10.0.yaml"


def test_no_release_at_all_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SetUpError, match="holds no released document"):
        last_released(tmp_path)


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.1.0.0"])
def test_a_version_that_has_not_moved_is_a_fault_at_its_line(both: Any, version: str) -> None:
    old, new = both(lambda raw: raw["info"].update(version=version))

    faults = list(check_version(old, new, COMPATIBLE))

    assert [fault.place for fault in faults] == [f"{new.path}:{new.line('/info/version')}"]


def test_a_version_that_moved_is_none(both: Any) -> None:
    old, new = both(lambda raw: raw["info"].update(version="0.2.0"))

    assert list(check_version(old, new, BREAKING)) == []


def test_a_released_document_has_the_version_of_its_name(both: Any) -> None:
    released, _ = both(lambda raw: None)
    misnamed = Document(Path("0.7.0.yaml"), released.plain(), {})

    assert list(check_name(released)) == []
    assert "write 0.7.0, or rename the file" in next(check_name(misnamed)).message


def test_a_version_that_is_no_number_is_a_fault_of_its_document(both: Any) -> None:
    _, old = both(lambda raw: raw["info"].update(version="first"))

    assert [fault.place for fault in check_version(old, old, NONE)] == [old.where("/info/version")]
