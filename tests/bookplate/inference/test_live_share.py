"""How much of what is declared at home applies by inference alone, where the service itself is at hand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookplate.cli import main, parser
from bookplate.contract import Document
from bookplate.looking import look_at_service
from bookplate.options import Options
from bookplate.planning import plan
from bookplate.run import Run
from bookplate.run.guesses import try_guesses
from tests.bookplate.inference.test_share import HOME, laws, without_our_keys

pytestmark = pytest.mark.nightly

# They name the origins, and give the services the secrets that they need and no document.
SETTINGS = """
[origins]
apps = "https://app.example.com"
back-office = "https://office.example.com"

[environment]
DATABASE_URL = "sqlite:///{work}/books.db"
SECRET_KEY = "a secret that was made up for this test alone"
BOOKPLATE_ENV = "testing"
LOG_LEVEL = "WARNING"
CORS_ORIGINS_APPS = "https://app.example.com"
CORS_ORIGINS_BACK_OFFICE = "https://office.example.com"
"""
EXAMPLE, REFERENCE = "examples.fastapi_books.app:create_app", "impl:create_app"
BASE = "/api"  # of the contract, which stands in each path of what FastAPI generates
WANTED = 0.89  # that is counted where the store is empty: no item is there whose ETag could be seen
# They compare header fields and members of answers that a document describes. What FastAPI generates describes none.
OF_DESCRIBED_ANSWERS = {"CACHE-12", "ERR-08", "HTTP-03", "HTTP-05"}
# They read a parameter as an array, a number or text: FastAPI describes one where the contract has an enumeration.
BESIDE = {("ROBUST-07", "GET /books/popular"), ("ROBUST-07", "GET /books/statistics")}
# AUTHZ-02 looks itself for whose an item is, where nobody says who may change it.
UNSAID = {("AUTHZ-02", "PATCH /users/{}"), ("AUTHZ-02", "DELETE /users/{}")}


def pairs(document: Document) -> set[tuple[str, str]]:
    """Return each law with each method and path that it applies to: the ids of operations differ."""
    return {
        (law.id, place_of(each.method, each.path))
        for law in laws()
        for each in document.operations
        if law.applies(each)
    }


def place_of(method: str, path: str) -> str:
    return f"{method} {re.sub('{[^}]*}', '{}', path.removeprefix(BASE))}"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture(name="stripped")
def _stripped(folder: Path) -> Path:
    file = folder / "stripped.json"
    file.write_text(json.dumps(without_our_keys(Document.load(HOME).plain()), default=str), encoding="utf-8")
    return file


@pytest.fixture(name="generated")
def _generated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRET_KEY", "a secret that was made up for this test alone")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/generating.db")
    from examples.fastapi_books.app import create_app

    file = folder / "generated.json"
    file.write_text(json.dumps(create_app().openapi()), encoding="utf-8")
    return file


def looked(target: str, document: Path) -> Iterator[Run]:
    """Let a run look at a service by a document, and yield it while the service runs."""
    words = [target, "--document", str(document), "--config", str(document.with_name("settings.toml"))]
    given = parser().parse_args(words)
    run = plan(Options.of(given))
    try:
        look_at_service(run)
        try_guesses(run)
        yield run
    finally:
        run.stop()


def test_the_contract_without_its_keys_has_nearly_all_of_its_laws_beside_the_reference(stripped: Path) -> None:
    wanted = pairs(Document.load(HOME))
    for run in looked(REFERENCE, stripped):
        found = pairs(run.document)

    assert len(wanted & found) >= WANTED * len(wanted)
    assert found - wanted == UNSAID


def test_what_is_seen_of_limits_and_origins_is_what_is_declared(stripped: Path) -> None:
    home = Document.load(HOME)
    for run in looked(REFERENCE, stripped):
        seen = run.document

    for declared, known in zip(home.operations, seen.operations, strict=True):
        named = {policy.name: policy for policy in declared.policies}
        for policy in known.policies:
            ours = named[policy.name]
            assert (policy.quota, policy.window) == (ours.quota, ours.window)
        assert set(known.origins or ()) <= set(declared.origins or ())
        assert known.secured == declared.secured
        assert "admin" not in known.allow or "admin" in declared.allow


def test_a_generated_document_has_nearly_all_laws_beside_its_service(generated: Path) -> None:
    everything = pairs(Document.load(HOME))
    wanted = {(law, place) for law, place in everything if law not in OF_DESCRIBED_ANSWERS}
    for run in looked(EXAMPLE, generated):
        found = pairs(run.document)
        secured = {place_of(each.method, each.path) for each in run.document.operations if each.secured}

    assert len(wanted & found) >= WANTED * len(wanted)
    assert found - wanted <= BESIDE  # so a law that is left out above, and applies after all, is noticed
    assert secured == {place_of(each.method, each.path) for each in Document.load(HOME).operations if each.secured}


def test_what_rests_on_what_was_seen_fails_nowhere(generated: Path, folder: Path) -> None:
    """The service is conformant, and its generated document is wrong in many things, but in none that was inferred."""
    output = folder / "out"
    words = [EXAMPLE, "--document", str(generated), "--config", str(folder / "settings.toml"), "--output", str(output)]
    main([*words, "--fast", "--time-budget", "120"])
    findings = json.loads((output / "report.json").read_text(encoding="utf-8"))["findings"]

    assert [each for each in findings if each["verdict"] == "failed" and each["guesses"]] == []
    assert [each for each in findings if each["verdict"] == "error"] == []
