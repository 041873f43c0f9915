"""`bookplate diff`: what a change breaks for clients, and whether the version announces it."""

from pathlib import Path

import pytest
import yaml

from bookplate.cli import main
from bookplate.gate import by_specshift
from tests.bookplate.gate.documents import THINGS, line_of, write_json, write_yaml

Output = pytest.CaptureFixture[str]

WITHOUT_SIZE = THINGS.replace("                    size: {type: integer}\n", "")
WITH_COLOUR = THINGS + "                    colour: {type: string}\n"
NEXT_MAJOR = "version: 2.0.0"


def test_what_breaks_is_told_at_the_line_where_it_stood(tmp_path: Path, capsys: Output) -> None:
    old, new = write_yaml(tmp_path), write_yaml(tmp_path, WITHOUT_SIZE, "new.yaml")

    assert main(["diff", str(old), str(new)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{old}:{line_of(old, 'size')}: breaking: ")
    assert first.endswith("(list_things)")
    assert last == f"{new}: breaks clients of {old}"


def test_what_is_added_breaks_nothing(tmp_path: Path, capsys: Output) -> None:
    old, new = write_yaml(tmp_path), write_yaml(tmp_path, WITH_COLOUR, "new.yaml")

    assert main(["diff", str(old), str(new)]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{new}:{line_of(new, 'colour')}: compatible: ")
    assert last == f"{new}: is compatible with {old}"


def test_the_same_document_in_json_has_no_changes(tmp_path: Path, capsys: Output) -> None:
    old, new = write_yaml(tmp_path), write_json(tmp_path, yaml.safe_load(THINGS))

    assert main(["diff", str(old), str(new)]) == 0
    assert capsys.readouterr().out == f"{new}: changes nothing for clients of {old}\n"


@pytest.mark.parametrize(
    ("old_type", "new_type", "code", "message"),
    [
        ("string", "[string, 'null']", 1, "it may be null now"),
        ("[string, 'null']", "string", 0, "it is never null now"),
    ],
)
def test_null_is_understood_as_openapi_31_writes_it(
    old_type: str, new_type: str, code: int, message: str, tmp_path: Path, capsys: Output
) -> None:
    newer = THINGS.replace("3.0.3", "3.1.0")
    old = write_yaml(tmp_path, newer.replace("type: string", f"type: {old_type}"))
    new = write_yaml(tmp_path, newer.replace("type: string", f"type: {new_type}"), "new.yaml")

    assert main(["diff", str(old), str(new)]) == code
    *changes, _ = capsys.readouterr().out.splitlines()
    assert [change.partition(": ")[2] for change in changes] == [
        f"{'breaking' if code else 'compatible'}: {message} (list_things)"
    ]


def test_the_last_document_of_a_folder_is_compared(tmp_path: Path, capsys: Output) -> None:
    released = tmp_path / "released"
    released.mkdir()
    write_yaml(released, WITHOUT_SIZE, "0.9.0.yaml")
    last = write_yaml(released, name="1.0.0.yaml")
    new = write_yaml(tmp_path)

    assert main(["diff", str(released), str(new)]) == 0
    assert capsys.readouterr().out == f"{new}: changes nothing for clients of {last}\n"


def test_a_break_that_the_version_announces_is_accepted(tmp_path: Path, capsys: Output) -> None:
    old = write_yaml(tmp_path)
    new = write_yaml(tmp_path, WITHOUT_SIZE.replace("version: 1.0.0", NEXT_MAJOR), "new.yaml")

    assert main(["diff", "--announced", str(old), str(new)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{new}: info.version is as it should be"


def test_a_break_that_the_version_hides_is_not(tmp_path: Path, capsys: Output) -> None:
    old = write_yaml(tmp_path)
    new = write_yaml(tmp_path, WITHOUT_SIZE.replace("version: 1.0.0", "version: 1.1.0"), "new.yaml")

    assert main(["diff", "--announced", str(old), str(new)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"{new}:2: version: info.version is 1.1.0: what is breaking since 1.0.0 needs 2.0.0 or later"
    )


def test_a_missing_document_is_told_in_one_line(tmp_path: Path, capsys: Output) -> None:
    old = write_yaml(tmp_path)

    assert main(["diff", str(old), str(tmp_path / "absent.yaml")]) == 2
    assert capsys.readouterr().err == (
        f"bookplate diff: {tmp_path / 'absent.yaml'}: cannot be read: No such file or directory\n"
    )


def test_a_mistake_of_syntax_is_told_with_its_line(tmp_path: Path, capsys: Output) -> None:
    old, new = (
        write_yaml(tmp_path),
        write_yaml(tmp_path, THINGS.replace("type: array", "type: array: list"), "new.yaml"),
    )

    assert main(["diff", str(old), str(new)]) == 2
    assert capsys.readouterr().err.startswith(f"bookplate diff: {new}:{line_of(new, 'array: list')}: YAML: ")


def test_a_missing_specshift_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    path = write_yaml(tmp_path)
    monkeypatch.setattr(by_specshift, "is_installed", lambda: False)

    assert main(["diff", str(path), str(path)]) == 2
    assert capsys.readouterr().err == "bookplate diff: specshift is not installed: pip install specshift==1.5.0\n"
