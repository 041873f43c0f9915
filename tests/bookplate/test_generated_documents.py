"""Documents that a framework has written say little of errors: what they leave out is no defect of another kind."""

import json
from pathlib import Path

import pytest

from tests.fakes.posters import DOCUMENT

from . import command
from .command import Report

LAWS = ("SPEC-03", "STATE-02", "STATE-03", "CONC-02", "ROBUST-02", "ROBUST-07", "CACHE-04")


def check(output: Path, *rules: str, defect: str = "") -> Report:
    """Check the service of posters, with a defect, and return the report."""
    output.mkdir(exist_ok=True)
    (output / "posters.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    settings = output / "bookplate.toml"
    settings.write_text('document = "posters.json"\n', encoding="utf-8")
    service = "tests.fakes.posters:create_app"
    return command.report_with(
        {"POSTERS_DEFECT": defect}, output / "out", service, *command.rules(*rules), config=settings
    )


@pytest.fixture(name="honest", scope="module")
def _honest(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return check(tmp_path_factory.mktemp("posters"), *LAWS)


def verdicts(report: Report, rule: str) -> dict[str, str]:
    return {each["operation"]: each["verdict"] for each in report["findings"] if each["rule"] == rule}


def test_the_honest_service_fails_no_law(honest: Report) -> None:
    assert {each["verdict"] for each in honest["findings"]} <= {"passed", "warned", "not checked"}


def test_a_404_about_an_item_shows_no_missing_route(honest: Report) -> None:
    assert verdicts(honest, "SPEC-03")["get_poster"] == "passed"


def test_a_put_that_makes_what_is_missing_may_follow_a_deletion(honest: Report) -> None:
    assert verdicts(honest, "STATE-03") == {"delete_poster": "passed"}


def test_a_default_beside_a_reference_is_what_a_put_leaves(honest: Report) -> None:
    assert verdicts(honest, "STATE-02") == {"put_poster": "passed"}


def test_creations_that_show_no_id_are_told_apart_by_nothing(honest: Report) -> None:
    assert verdicts(honest, "CONC-02")["add_reader"] == "passed"
    [found] = [each for each in honest["findings"] if (each["rule"], each["operation"]) == ("CONC-02", "add_reader")]
    assert "ids: the answers show none, in a member or a Location" in found["not_tested"]


def test_a_200_makes_nothing_where_a_201_is_documented_beside_it(honest: Report) -> None:
    assert verdicts(honest, "CONC-02")["print_title"] == "not checked"


def test_equal_posts_without_ids_show_no_stored_answer(honest: Report) -> None:
    assert verdicts(honest, "CACHE-04") == {
        **dict.fromkeys(("add_reader", "upload", "print_title", "order"), "not checked"),
        "make_poster": "passed",
        "get_poster": "passed",  # it was seen to answer 404, which nobody has documented
    }


def test_what_is_refused_for_another_reason_says_nothing_of_content(honest: Report) -> None:
    assert verdicts(honest, "ROBUST-02")["order"] == "passed"


def test_a_form_has_no_member_twice(honest: Report) -> None:
    assert "upload" not in verdicts(honest, "ROBUST-07") or verdicts(honest, "ROBUST-07")["upload"] == "not checked"


@pytest.mark.parametrize(
    ("defect", "rule", "operation"), [("keeps", "STATE-03", "delete_poster"), ("no-route", "SPEC-03", "get_poster")]
)
def test_a_defect_is_found(tmp_path: Path, defect: str, rule: str, operation: str) -> None:
    report = check(tmp_path / "posters", rule, defect=defect)

    assert verdicts(report, rule)[operation] == "failed"
