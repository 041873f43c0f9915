"""The settings: where they are found, what they extend, and each mistake in one line."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.target.config import SETTINGS, Config, SetUpError

Write = Callable[[str, str], Path]


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    """Return what writes a file into the test's folder."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_bookplate_toml_comes_first(tmp_path: Path, write: Write) -> None:
    write("bookplate.toml", "disposable = true")
    write("contract.toml", "disposable = false")
    write("pyproject.toml", "[tool.bookplate]\ndisposable = false")

    found = Config.found_in(tmp_path)

    assert found.path == tmp_path / "bookplate.toml"
    assert found.disposable
    assert list(found.notices) == []


def test_contract_toml_is_read_with_a_notice(tmp_path: Path, write: Write) -> None:
    write("contract.toml", "disposable = true")

    found = Config.found_in(tmp_path)

    assert found.disposable
    [notice] = found.notices
    assert "the file is called bookplate.toml now" in notice


def test_a_table_of_pyproject_toml_is_read(tmp_path: Path, write: Write) -> None:
    write(
        "pyproject.toml", "[project]\nname = 'x'\n[tool.bookplate]\nlaws = '1.0'\n[tool.bookplate.origins]\na = 'b'\n"
    )

    found = Config.found_in(tmp_path)

    assert (found.laws, found.origins) == ("1.0", {"a": "b"})


def test_a_pyproject_toml_without_the_table_is_passed_over(tmp_path: Path, write: Write) -> None:
    write("pyproject.toml", "[project]\nname = 'x'\n")

    assert Config.found_in(tmp_path).path is None


def test_the_nearer_folder_comes_first(tmp_path: Path, write: Write) -> None:
    near = write("near/pyproject.toml", "[tool.bookplate]\n")
    write("bookplate.toml", "")

    assert Config.found_in(near.parent, tmp_path).path == near


def test_what_a_file_extends_is_merged_name_by_name(tmp_path: Path, write: Write) -> None:
    write(
        "company/profile.toml",
        'overlay = "keys.yaml"\norigin = "https://a.example"\nhosts = ["far.example"]\n[origins]\na = "1"\nb = "2"\n',
    )
    path = write(
        "service/bookplate.toml",
        'extends = "../company/profile.toml"\nhosts = ["near.example"]\ndocument = "api.yaml"\n[origins]\nb = "3"\n',
    )

    found = Config.read(path)

    assert found.origin == "https://a.example"
    assert found.hosts == ["near.example"]
    assert found.origins == {"a": "1", "b": "3"}
    assert found.overlay is not None
    assert found.overlay.resolve() == tmp_path / "company" / "keys.yaml"
    assert Path(found.document).resolve() == tmp_path / "service" / "api.yaml"


def test_a_profile_may_extend_another(write: Write) -> None:
    write("a.toml", "disposable = true")
    write("b.toml", 'extends = "a.toml"\nlaws = "1.0"')

    found = Config.read(write("bookplate.toml", 'extends = "b.toml"'))

    assert (found.disposable, found.laws) == (True, "1.0")


def test_files_that_extend_each_other_are_told(write: Write) -> None:
    write("a.toml", 'extends = "bookplate.toml"')

    with pytest.raises(SetUpError, match=r"bookplate.toml extends a.toml extends bookplate.toml"):
        Config.read(write("bookplate.toml", 'extends = "a.toml"'))


def test_a_mistake_in_a_profile_names_the_profile(write: Write) -> None:
    profile = write("company.toml", "disposible = true")

    with pytest.raises(SetUpError) as problem:
        Config.read(write("bookplate.toml", 'extends = "company.toml"'))

    assert str(problem.value) == f"{profile}: unknown key 'disposible': did you mean disposable?"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("documnt = 'a'", "unknown key 'documnt': did you mean document?"),
        ("zzzz = 1", "unknown key 'zzzz': it knows accounts, "),
        ("document = 3", 'document is a text, such as "openapi.yaml"'),
        ("disposable = 'yes'", "disposable is true or false, such as true"),
        ("hosts = 'a.example'", "hosts is a list of texts"),
        ("hosts = [1]", "hosts is a list of texts"),
        ("expected = ['PAGE-01 a']", "expected is a table"),
        ("laws = 1.0", 'laws is a text, such as "1.0"'),
        ("extends = 'nothing.toml'", "nothing.toml: cannot be read: No such file"),
        ("[expected]\n'A-01 b' = {reason = 'c', until = 2027-01-01T00:00:00}", "needs a reason and a date"),
        ("[rules]\nPAGE-01 = {reason = 'c', until = 2027-01-01}", "needs a level, off or SHOULD"),
        ("[rules]\nPAGE-01 = {level = 'off', reason = 'c'}", "needs a reason and a date"),
        ("[rules]\nPAGE-01 = {level = 'off', reason = '', until = 2027-01-01}", "needs a reason and a date"),
        ("[rules]\nPAGE-01 = 'off'", "needs a reason and a date"),
    ],
)
def test_a_mistake_is_one_line_with_the_file(text: str, told: str, write: Write) -> None:
    with pytest.raises(SetUpError) as problem:
        Config.read(write("bookplate.toml", text))

    assert told in str(problem.value)
    assert ".toml: " in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = '\xe9'"])
def test_a_file_in_another_encoding_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bookplate.toml"
    path.write_bytes(content)

    with pytest.raises(SetUpError, match="is not in UTF-8"):
        Config.read(path)


def test_a_law_is_lowered_until_a_date(write: Write) -> None:
    text = "[rules]\nCORS-05 = {level = 'SHOULD', reason = 'ticket 7', until = 2027-01-01}"

    assert Config.read(write("bookplate.toml", text)).rules == {
        "CORS-05": {"level": "SHOULD", "reason": "ticket 7", "until": datetime.date(2027, 1, 1)}
    }


def test_every_key_of_the_settings_is_described() -> None:
    read = {name for name in Config.__dataclass_fields__ if name not in ("folder", "path", "names_document", "headers")}

    assert set(SETTINGS) == {name.replace("_", "-") for name in read} | {"extends"}
