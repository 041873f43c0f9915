"""`bookplate init`: it writes what is known of a service, and a check takes that as it is."""

from pathlib import Path

import pytest
import yaml

from bookplate.cli import main
from bookplate.contract import Document, Origin
from tests.fakes.kiosk import kiosk
from tests.fakes.orchard import Orchard
from tests.fakes.serving import opened


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_is_confirmed_is_written_down_and_then_declared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Orchard().write(tmp_path)
    with opened(Orchard()) as url:
        code = main(["init", url, "--document", document.name])

    pages = Document.load(document, "bookplate.overlay.yaml").operation("list_plants").facts.pagination
    assert code == 0
    assert pages is not None
    assert pages.origin is Origin.DECLARED
    assert (pages.value.style, pages.value.place, pages.value.key) == ("page", "page", "/id")
    assert "bookplate.overlay.yaml: 1 confirmed, 0 guessed, 1 open" in capsys.readouterr().out


def test_a_check_takes_the_files_as_they_are(tmp_path: Path) -> None:
    document = Orchard().write(tmp_path)
    with opened(Orchard(repeats=True)) as url:
        main(["init", url, "--document", document.name])
        code = main([url, "--rule", "PAGE-01", "--output", "out"])

    assert code == 1


def test_a_document_that_was_found_is_found_again() -> None:
    """It may be Swagger, which is converted only where nobody names it."""
    shown = {"swagger": "2.0", "info": {"title": "Stamps", "version": "1"}, "paths": {}}
    with kiosk({"/swagger.json": shown}) as service:
        made = main(["init", service.url])
        checked = main([service.url, "--rule", "SPEC-01", "--output", "out"])

    assert (made, checked) == (0, 3)  # nothing is there to be checked
    assert "document =" not in Path("bookplate.toml").read_text(encoding="utf-8")


def test_a_guess_is_written_as_a_comment(tmp_path: Path) -> None:
    document = Orchard().write(tmp_path)
    with opened(Orchard(plants=[])) as url:
        main(["init", url, "--document", document.name])

    text = Path("bookplate.overlay.yaml").read_text(encoding="utf-8")
    (action,) = yaml.safe_load(text)["actions"]
    assert action == {"target": "$.info", "update": {}}
    assert "#     x-pagination: {style: page, page: page, size: per_page, items: /plants, key: /id}" in text


def test_files_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bookplate.toml").write_text("# mine\n", encoding="utf-8")
    document = Orchard().write(tmp_path)
    with opened(Orchard()) as url:
        refused = main(["init", url, "--document", document.name])
        said = capsys.readouterr().err
        forced = main(["init", url, "--document", document.name, "--force"])

    assert (refused, forced) == (2, 0)
    assert (
        said == "bookplate init: bookplate.toml would be overwritten: say --force if that is meant, or move it away\n"
    )


def test_what_is_no_address_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["init", "orchard.json"])

    assert code == 2
    assert capsys.readouterr().err == (
        "bookplate init: 'orchard.json' is no address: "
        "give the one where the service answers, such as http://127.0.0.1:8000\n"
    )
