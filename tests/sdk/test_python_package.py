"""The Python client as a package: it is built, installed where nothing else is, and imported from there."""

import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from sdk.generate import BUILD, contract, run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run("hatchling", "build", "--target", "wheel", "--directory", str(folder), folder=BUILD / "python")
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_client_its_types_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "bookplate_client/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"bookplate_client"}


def test_the_wheel_has_a_readme_of_its_own(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith("/METADATA"))
        told = Parser().parsestr(archive.read(name).decode())
    assert (told["Name"], told["Version"]) == ("bookplate-client", contract()["info"]["version"])
    text = str(told.get_payload())
    assert "client.books.create(...)" in text
    assert "MyDataModel" not in text


def test_the_wheel_is_installed_and_imported(wheel: Path, tmp_path: Path) -> None:
    options = ("--quiet", "--no-deps", "--no-index", "--target", str(tmp_path))
    run(sys.executable, "-m", "pip", "install", *options, str(wheel))

    script = "import bookplate_client as c; print(c.__file__); print(c.Client('https://example.org/api').books.list())"
    place, listed = run(sys.executable, "-c", script, environment={"PYTHONPATH": str(tmp_path)}).splitlines()

    assert Path(place).is_relative_to(tmp_path)
    assert "Pages object" in listed
