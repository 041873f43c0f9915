"""A MUST that the current version of the catalogue brought warns for this version; the next one lets it fail."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate import MUST, SHOULD, experiment
from bookplate.cli import main
from bookplate.contract.document import Document
from bookplate.fuzzing.evidence import Recorder
from bookplate.laws import catalogue
from bookplate.laws.catalogue import Catalogue, numbers
from bookplate.laws.law import Law, law_of
from bookplate.laws.verdict import Verdict
from bookplate.wire.outcomes import Violation
from tests.fakes import FOLDER

NOTICE = '(new in catalogue 1.4: fails from 1.5 on, or with laws = "1.4")'
# Laws that are broken wherever they are tried.
LAW = '''
from bookplate import Violation, document_law, experiment
from bookplate.contract import is_creator


@{decorator}
def {name}({arguments}):
    """It never holds."""
    raise Violation("it does not hold")
'''
KINDS = {
    "document": ('document_law("NEW-01", source="our handbook"{since})', "test_never_holds", "document"),
    "experiment": (
        'experiment("NEW-01", source="our handbook", applies=is_creator{since})',
        "test_never_holds",
        "client, operation",
    ),
}


def law(since: str, level: str = MUST) -> Law:
    """Return a law that nobody tries."""

    @experiment("NEW-02", source="our handbook", since=since, level=level)
    def test_anything() -> None:
        """It holds."""

    found = law_of(test_anything)
    assert found is not None
    return found


@pytest.fixture(name="_current_is_1_4", autouse=True)
def _current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "VERSION", "1.4")


@pytest.mark.parametrize(
    ("since", "level", "binds"),
    [
        ("1.4", MUST, SHOULD),
        ("1.4", SHOULD, SHOULD),
        ("1.3", MUST, MUST),
        ("1.0", MUST, MUST),
        # A team's own law may come with another version than any of ours.
        ("2.0", MUST, MUST),
        ("1.10", MUST, MUST),
    ],
)
def test_only_a_law_of_the_current_version_is_on_trial(since: str, level: str, binds: str) -> None:
    new = law(since, level)

    assert Catalogue([new]).level(new) == binds


@pytest.mark.parametrize("pin", ["1.4", "1.5", "2.0"])
def test_a_pin_to_its_version_or_a_later_one_lets_it_fail(pin: str) -> None:
    new = law("1.4")
    pinned = Catalogue([new]).until(pin)

    assert (pinned.level(new), pinned.noted(new, "a defect")) == (MUST, "a defect")


@pytest.mark.parametrize("pin", ["1.0", "1.3"])
def test_a_pin_to_an_earlier_version_leaves_it_out(pin: str) -> None:
    assert list(Catalogue([law("1.4")]).until(pin)) == []


def test_the_laws_of_the_first_version_are_on_trial_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "VERSION", "1.0")
    first = law("1.0")

    assert Catalogue([first]).level(first) == MUST


def test_no_shipped_law_is_newer_than_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert [each.id for each in Catalogue.shipped() if numbers(each.since) > numbers(catalogue.VERSION)] == []


def check(
    folder: Path, kind: str, *options: str, since: str = "1.4", pin: str = ""
) -> tuple[int, list[dict[str, Any]]]:
    """Check a toy by one new law, and return the exit code with the findings that are no pass."""
    decorator, name, arguments = KINDS[kind]
    laws, output = folder / "my_laws", folder / "out"
    laws.mkdir()
    text = LAW.format(decorator=decorator.format(since=f', since="{since}"'), name=name, arguments=arguments)
    (laws / "new_01_never_holds.py").write_text(text, encoding="utf-8")
    settings = (FOLDER / "toy.toml").read_text(encoding="utf-8").replace("toy.yaml", str(FOLDER / "toy.yaml"))
    (folder / "bookplate.toml").write_text(pin + settings, encoding="utf-8")

    places = ["--config", str(folder / "bookplate.toml"), "--laws", str(laws), "--output", str(output)]
    code = main(["tests.fakes.toy:create_app", "--rule", "NEW-01", *places, *options])

    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return code, report["findings"]


@pytest.mark.parametrize("kind", ["document", "experiment"])
def test_its_violation_warns_and_says_from_which_version_it_fails(kind: str, tmp_path: Path) -> None:
    code, findings = check(tmp_path, kind)

    assert code == 0
    assert {(each["verdict"], each["level"], each["observed"]) for each in findings} == {
        ("warned", "SHOULD", f"it does not hold {NOTICE}")
    }


def test_its_violation_fails_a_strict_run(tmp_path: Path) -> None:
    code, findings = check(tmp_path, "document", "--strict")

    assert (code, findings[0]["verdict"]) == (1, "warned")


def test_its_violation_fails_where_the_settings_pin_its_version(tmp_path: Path) -> None:
    code, findings = check(tmp_path, "document", pin='laws = "1.4"\n')

    assert (code, findings[0]["verdict"], findings[0]["observed"]) == (1, "failed", "it does not hold")


def test_the_violation_of_an_earlier_law_fails(tmp_path: Path) -> None:
    code, findings = check(tmp_path, "document", since="1.3")

    assert (code, findings[0]["verdict"], findings[0]["level"]) == (1, "failed", "MUST")


def test_a_generated_request_that_breaks_it_warns_too() -> None:
    new = law("1.4")
    recorder = Recorder(Document.load(FOLDER / "toy.yaml"), Catalogue([new]), {})

    recorder.fail(("a key",), new, "create_note", Violation("it does not hold", expected="that it holds"))

    [finding] = recorder.failures.values()
    assert (finding.verdict, finding.level, finding.observed) == (
        Verdict.WARNED,
        SHOULD,
        f"it does not hold {NOTICE}",
    )
