"""Pages that nobody has declared: they are guessed, tried by reads, and what breaks them warns."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookplate.cli import main
from bookplate.contract import Document, Filter, Origin, Pagination
from bookplate.fixtures import Session
from bookplate.inference.pages import try_pages
from bookplate.laws.observer import Observer
from bookplate.target.config import Config
from bookplate.target.instance import Instance
from tests.bookplate import command
from tests.fakes import FOLDER
from tests.fakes.letters import Letters
from tests.fakes.orchard import JSON, Orchard
from tests.fakes.serving import opened

DECLARED: JSON = {"style": "page", "page": "page", "size": "per_page", "items": "/plants", "order": ["/id"]}


def checked(orchard: Orchard, folder: Path, *options: str, **keys: JSON) -> tuple[int, dict[str, Any]]:
    """Check that a list has every item once; return the exit code and what was found at the list."""
    document, output = orchard.write(folder, **keys), folder / "out"
    with opened(orchard) as url:
        code = main([url, "--document", str(document), "--output", str(output), "--rule", "PAGE-01", *options])
    (finding,) = command.read_report(output)["findings"] or [{}]
    return code, finding


def test_guessed_pages_that_two_reads_confirm_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, finding = checked(Orchard(), tmp_path)

    assert (code, finding["verdict"]) == (0, "passed")
    assert "list_plants look like numbered pages of the list at /plants: confirmed by two requests" in (
        capsys.readouterr().err
    )


def test_what_breaks_guessed_pages_warns_and_says_so(tmp_path: Path) -> None:
    code, finding = checked(Orchard(repeats=True), tmp_path)

    assert (code, finding["verdict"], finding["level"]) == (0, "warned", "SHOULD")
    (guess,) = finding["guesses"]
    assert guess.startswith("`page` and `per_page` of list_plants look like numbered pages")


def test_what_breaks_guessed_pages_fails_where_guesses_are_taken_strictly(tmp_path: Path) -> None:
    code, finding = checked(Orchard(repeats=True), tmp_path, "--strict-inference")

    assert (code, finding["verdict"], finding["level"]) == (1, "failed", "MUST")


def test_what_breaks_declared_pages_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, finding = checked(Orchard(repeats=True), tmp_path, **{"x-pagination": DECLARED})

    assert (code, finding["verdict"], finding["guesses"]) == (1, "failed", [])
    assert "confirmed" not in capsys.readouterr().err


def test_pages_that_reads_refute_are_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, finding = checked(Orchard(ignores=True), tmp_path)

    assert (code, finding["verdict"]) == (3, "not checked")
    assert "refuted: `page` changes nothing" in finding["reason"]
    assert "say in x-pagination how its pages hang together" in capsys.readouterr().err


def test_an_empty_key_lets_nothing_be_guessed(tmp_path: Path) -> None:
    _, finding = checked(Orchard(), tmp_path, **{"x-pagination": {}})

    assert finding == {}


def test_a_list_that_the_document_does_not_describe_is_known_by_its_answers(tmp_path: Path) -> None:
    code, finding = checked(Orchard(describes=False), tmp_path)

    assert (code, finding["verdict"]) == (0, "passed")


def test_a_list_of_one_item_confirms_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, finding = checked(Orchard(plants=[]), tmp_path)

    assert (code, finding["verdict"]) == (0, "passed")
    assert "not confirmed: it has one item alone" in capsys.readouterr().err


# ── What one page shows, and what the document knows of it ────────────────────────────────────────────────────────────
LETTER = {"subject": "A picnic", "sender": "Ann"}


def told_of_letters(folder: Path, document: Path) -> Pagination:
    """Return how the pages of letters hang together after they were tried by reads."""
    promised = Document.load(document)
    letters = Letters()
    for _ in range(2):
        letters.answer("POST", "/letters", {}, json.dumps(LETTER).encode())
    settings = folder / "bookplate.toml"
    settings.write_text("", encoding="utf-8")
    with opened(letters) as url:
        session = Session(Instance(url), promised, Config.read(settings), Observer(promised, []), patience=1)
        (tried,) = try_pages(session)
        session.client.close()
    assert tried.fact is not None
    assert tried.fact.origin is Origin.CONFIRMED
    return tried.fact.value


def test_total_and_next_in_header_fields_are_seen_where_nothing_documents_them(tmp_path: Path) -> None:
    raw = yaml.safe_load((FOLDER / "letters.yaml").read_text(encoding="utf-8"))
    del raw["paths"]["/letters"]["get"]["responses"]["200"]["headers"]
    document = tmp_path / "letters.json"
    document.write_text(json.dumps(raw), encoding="utf-8")

    found = told_of_letters(tmp_path, document)

    assert (found.total, found.next) == ("header:X-Total-Count", "header:Link")


def test_filters_that_the_schema_of_an_item_lets_guess_outlive_an_item_that_shows_less(tmp_path: Path) -> None:
    """Its list of labels is empty, and its day looks like any text."""
    found = told_of_letters(tmp_path, FOLDER / "letters.yaml")

    assert found.filters["label"] == Filter(("/labels",), "includes")
    assert found.filters["sent_from"] == Filter(("/sent_on",), "at-least")
    assert found.sort is not None


def test_the_only_page_that_is_shown_again_refutes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orchard = Orchard(ignores=True, plants=[])
    code, finding = checked(orchard, tmp_path)

    assert (code, finding["verdict"]) == (0, "warned")
    assert "not confirmed: it has one item alone" in capsys.readouterr().err
