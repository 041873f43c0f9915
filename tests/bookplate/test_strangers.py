"""Services that lack something: what cannot be checked is told, everything else is checked, and nothing is guessed wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FOLDER

from . import command
from .command import Report

SERVICE = "tests.fakes.strangers:create_app"
Verdicts = dict[tuple[str, str | None], str]


class Check:
    """Checks a service of a kind, and reads the report."""

    def __init__(self, output: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.output = output
        self.capsys = capsys
        self.monkeypatch = monkeypatch
        self.code = -1
        self.said = ""

    def __call__(self, kind: str, *arguments: str, overlay: str = "") -> Report:
        self.monkeypatch.setenv("STRANGER", kind)
        settings = self.output / "bookplate.toml"
        settings.parent.mkdir(exist_ok=True)
        lines = [f'document = "{FOLDER.resolve() / "strangers.yaml"}"']
        lines += [f'overlay = "{FOLDER.resolve() / overlay}"'] if overlay else []
        settings.write_text("\n".join(lines), encoding="utf-8")
        self.code = command.check(self.output, SERVICE, *arguments, config=settings)
        told = self.capsys.readouterr()
        self.said = told.out + told.err
        return command.read_report(self.output)

    @property
    def next_step(self) -> str:
        return next(line for line in self.said.splitlines() if line.startswith("next: "))


@pytest.fixture(name="checked")
def _checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    return Check(tmp_path / "out", capsys, monkeypatch)


def verdicts(report: Report) -> Verdicts:
    return {(each["rule"], each["operation"]): each["verdict"] for each in report["findings"]}


def reasons(report: Report, rule: str) -> dict[str | None, str]:
    return {each["operation"]: each["reason"] for each in report["findings"] if each["rule"] == rule}


def only(report: Report, rule: str) -> Any:
    [finding] = [each for each in report["findings"] if each["rule"] == rule]
    return finding


# ── What is missing costs the laws that need it ───────────────────────────────────────────────────────────────────────
def test_a_service_where_nobody_signs_in_is_checked(checked: Check) -> None:
    report = checked("stranger", *command.rules("STATE-01", "SPEC-03", "CONC-02", "ROBUST-02"))

    assert set(verdicts(report).values()) == {"passed"}
    assert checked.code == 0


def test_without_a_token_only_what_needs_one_is_not_checked(checked: Check) -> None:
    report = checked("stranger", *command.rules("STATE-01", "SPEC-01", "SPEC-03"), overlay="strangers_secured.yaml")

    assert verdicts(report) == {
        ("SPEC-01", None): "passed",
        ("SPEC-03", "list_widgets"): "passed",
        ("SPEC-03", "get_widget"): "passed",
        # It is answered without a token, which shows that it is served.
        ("SPEC-03", "make_widget"): "passed",
        ("STATE-01", "make_widget"): "not checked",
    }
    assert "x-auth-role" in reasons(report, "STATE-01")["make_widget"]
    assert checked.code == 3


def test_a_refused_sample_is_told_with_what_was_sent_and_what_came_back(checked: Check) -> None:
    report = checked("refusing", *command.rules("STATE-01", "SPEC-03"))

    reason = reasons(report, "STATE-01")["make_widget"]
    assert 'POST /widgets with {"name": "a cog"} answered 403 {"error": "the warehouse is closed"}' in reason
    assert reason.endswith("correct the example of make_widget")
    assert {verdicts(report)["SPEC-03", name] for name in ("list_widgets", "make_widget", "get_widget")} == {"passed"}


def test_one_reason_is_one_line_with_its_count_and_another_says_what_to_do(checked: Check) -> None:
    checked("refusing", *command.rules("STATE-01", "CACHE-04", "CONC-02", "COND-02", "ERR-04"))

    lines = [line for line in checked.said.splitlines() if "the warehouse is closed" in line]
    assert len(lines) == 1
    assert lines[0].startswith("NOT CHECKED")
    assert "(CACHE-04, CONC-02, STATE-01)" in lines[0]
    assert checked.next_step.startswith("next: have 4 more places checked: correct the example of make_widget")


# ── What is made, and how it is named ─────────────────────────────────────────────────────────────────────────────────
def test_a_creation_with_200_in_a_wrapper_is_recognised_as_a_guess(checked: Check) -> None:
    report = checked("wrapping", *command.rules("STATE-01", "CONC-02", "STATE-04"), overlay="strangers_wrapped.yaml")

    assert set(verdicts(report).values()) == {"passed"}
    assert {("STATE-01", "make_widget"), ("STATE-04", "get_widget")} <= verdicts(report).keys()
    assert "make_widget answers 200 with 'widgetId'" in only(report, "STATE-01")["guesses"][0]


def test_what_rests_on_a_guess_warns_and_says_so(checked: Check) -> None:
    report = checked("forgetting", *command.rules("STATE-01"), overlay="strangers_wrapped.yaml")

    finding = only(report, "STATE-01")
    assert (finding["verdict"], finding["level"], checked.code) == ("warned", "SHOULD", 0)
    assert "rests on a guess: make_widget answers 200" in checked.said


def test_a_creation_without_content_is_read_at_its_location(checked: Check) -> None:
    report = checked("silent", *command.rules("STATE-01", "STATE-04", "CONC-02"), overlay="strangers_silent.yaml")

    assert set(verdicts(report).values()) == {"passed"}


@pytest.mark.parametrize(("kind", "observed"), [("misleading", "answered 404"), ("elsewhere", "leads to another host")])
def test_a_location_that_leads_nowhere_is_found(checked: Check, kind: str, observed: str, tmp_path: Path) -> None:
    if kind == "misleading":
        document = (FOLDER / "strangers.yaml").read_text(encoding="utf-8").replace("url: /}", "url: /v1}")
        (tmp_path / "below.yaml").write_text(document, encoding="utf-8")
        report = checked(kind, "--document", str(tmp_path / "below.yaml"), *command.rules("STATE-01"))
    else:
        report = checked(kind, *command.rules("STATE-01"))

    finding = only(report, "STATE-01")
    assert (finding["verdict"], checked.code) == ("failed", 1)
    assert observed in finding["observed"]


# ── The end of a run ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_target_that_ends_leaves_the_rest_unchecked(checked: Check) -> None:
    report = checked("mortal", *command.rules("SPEC-01", "STATE-01", "CACHE-04", "CONC-02", "ROBUST-02", "STATE-04"))

    found = list(verdicts(report).values())
    assert "passed" in found
    assert "not checked" in found
    assert any("the target no longer answers, since POST /widgets" in each["reason"] for each in report["findings"])
    assert "error" not in found


@pytest.mark.nightly  # at every change the one that answers the same to everything is tried
def test_a_service_that_answers_404_to_everything_is_never_conformant(checked: Check) -> None:
    """Its document allows a 404 everywhere, so that nothing fails: nothing was seen to work either."""
    report = checked("nowhere", "--seed", "2")

    assert (checked.code, report["verdict"]) in ((3, "not fully checked"), (1, "not conformant"))
    assert any("of 3 operations were seen to answer 2xx" in text for text in report["missing"])
    assert "missing: only 0 of 3 operations" in checked.said


@pytest.mark.nightly  # at every change such toys are tried with some laws
@pytest.mark.parametrize(
    ("kind", "broken"), [("agreeing", {"SCHEMA-03", "ROBUST-02"}), ("crashing", {"ROBUST-01", "ROBUST-02"})]
)
def test_a_service_that_answers_the_same_to_everything_is_not_conformant(
    checked: Check, kind: str, broken: set[str]
) -> None:
    report = checked(kind, "--seed", "2", "--max-examples", "4")

    failed = {rule for (rule, _), verdict in verdicts(report).items() if verdict == "failed"}
    assert (checked.code, report["verdict"]) == (1, "not conformant")
    assert broken <= failed
    assert "error" not in verdicts(report).values()


def test_a_selection_claims_no_conformance(checked: Check) -> None:
    report = checked("stranger", *command.rules("SPEC-01"))

    assert (checked.code, report["verdict"]) == (0, "passed")
    assert "conformant" not in checked.said
