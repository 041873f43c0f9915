"""What a full disk is measured with; the disk itself is played by `--chaos disk`."""

from pathlib import Path

import pytest

from .faults import disk
from .faults.service import Answer

DONE, REFUSED = Answer(201, {}, b"", 0, 0.1), Answer(503, {"retry-after": "1"}, b"", 0, 0.1)


def test_where_no_small_disk_can_be_had_nothing_is_played_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert list(disk.full(tmp_path)) == []
    assert capsys.readouterr().err == "services: F08, a full disk, is NOT PLAYED: unshare is not installed\n"


def test_a_mount_that_is_not_permitted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "unshare"
    program.write_text("#!/bin/sh\necho unshare failed: Operation not permitted >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    assert disk.why_not(tmp_path) == "unshare failed: Operation not permitted"


def test_a_play_that_breaks_off_is_no_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "why_not", lambda folder: None)
    monkeypatch.setattr(disk, "SMALL_DISK", ("false",))

    with pytest.raises(RuntimeError, match="ended with 1"):
        list(disk.full(tmp_path))


def test_filling_ends_where_the_disk_is_full(tmp_path: Path) -> None:
    (tmp_path / "ballast").symlink_to("/dev/full")

    disk.fill(tmp_path)


def test_filling_hides_no_other_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk.fill(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("answers", "holds"),
    [
        ([DONE, REFUSED], True),
        ([DONE, DONE], False),
        ([DONE, REFUSED, Answer(500, {}, b"", 0, 0.1)], False),
        ([DONE, REFUSED, Answer(503, {}, b"", 0, 0.1)], False),
        ([DONE, Answer(503, {"retry-after": "1"}, b"", 0, 9.0)], False),
    ],
)
def test_a_full_disk_refuses_in_time_and_with_a_time_to_come_again(answers: list[Answer], holds: bool) -> None:
    assert disk.refused_or_done("F08", answers).holds is holds
