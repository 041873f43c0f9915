"""Laws tell a mistake of a service from a habit: what its document refuses is not sent, what it always refuses not judged."""

from pathlib import Path

import pytest

from bookplate.wire.outcomes import Violation
from bookplate.wire.raw_socket import RawExchange
from tests.fakes import FOLDER

from . import command
from .command import Report
from .law_modules import law_module

SERVICE = "tests.fakes.dials:create_app"
RULES = ("CACHE-04", "COND-01", "COND-02", "COND-03", "CONC-03", "ROBUST-02", "STATE-03", "STATE-06")


def check(output: Path, *rules: str, defect: str = "") -> Report:
    """Check the dials with a defect by some laws, and return the report."""
    settings = output / "bookplate.toml"
    output.mkdir(exist_ok=True)
    settings.write_text(f'document = "{FOLDER.resolve() / "dials.yaml"}"\n', encoding="utf-8")
    return command.report_with({"DIALS_DEFECT": defect}, output, SERVICE, *command.rules(*rules), config=settings)


def verdict(report: Report, rule: str, operation: str) -> str:
    found = [each for each in report["findings"] if (each["rule"], each["operation"]) == (rule, operation)]
    return str(found[0]["verdict"]) if found else "does not apply"


@pytest.fixture(name="honest", scope="module")
def _honest(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return check(tmp_path_factory.mktemp("honest"), *RULES)


def test_no_habit_is_taken_for_a_mistake(honest: Report) -> None:
    failed = [(each["rule"], each["operation"], each["observed"]) for each in honest["findings"] if each["observed"]]

    assert failed == []


@pytest.mark.parametrize(
    ("rule", "operation", "expected"),
    [
        ("COND-02", "list_dials", "passed"),
        ("COND-02", "get_dial", "passed"),
        ("COND-03", "turn_dial", "passed"),
        ("COND-03", "make_dial", "passed"),
        ("ROBUST-02", "make_dial", "passed"),
        ("CONC-03", "remove_dial", "passed"),
        ("STATE-03", "remove_dial", "passed"),
        ("STATE-06", "remove_dial", "passed"),
        # What changes nothing keeps the ETag.
        ("CONC-03", "throw_broken_dials_away", "not checked"),
        # If-Match in a read changes nothing.
        ("COND-03", "get_dial", "does not apply"),
        # What is refused to everybody shows nothing.
        ("CACHE-04", "enter", "not checked"),
        ("COND-02", "enter", "not checked"),
        ("COND-03", "rebuild", "not checked"),
        ("CONC-03", "rebuild", "not checked"),
    ],
)
def test_what_can_be_tried_is(honest: Report, rule: str, operation: str, expected: str) -> None:
    assert verdict(honest, rule, operation) == expected


def test_what_the_document_refuses_is_named_as_untested(honest: Report) -> None:
    parts = {(each["rule"], text) for each in honest["parts"] for text in each["not_tested"]}

    assert ("COND-02", "If-None-Match W/<ETag> and <another>, <ETag>: its schema does not allow it") in parts
    assert ("COND-03", "the current ETag made weak: the schema of If-Match does not allow it") in parts
    assert ("ROBUST-02", "a 415 for content: valid content gets 401 too") in parts


@pytest.mark.parametrize(
    ("defect", "rule", "operation"),
    [
        ("ignores If-None-Match", "COND-02", "get_dial"),
        ("ignores If-Match", "COND-03", "turn_dial"),
        ("takes any media type", "ROBUST-02", "make_dial"),
    ],
)
def test_a_mistake_is_still_found(tmp_path: Path, defect: str, rule: str, operation: str) -> None:
    report = check(tmp_path / "out", rule, defect=defect)

    assert verdict(report, rule, operation) == "failed"


def answered(status: int) -> RawExchange:
    return RawExchange(None, "GET", "http://127.0.0.1:1/", [], b"", status, [], b"", statuses=(status,), is_closed=True)


def test_a_transfer_coding_that_a_server_does_not_know_may_get_a_501() -> None:
    """RFC 9112, section 6.1, says so. No other malformed request may."""
    law = law_module("ROBUST-06")

    for malformed in law.MALFORMED_REQUESTS:
        if malformed.mistake == "chunked, but not last":
            law.expect_refused(malformed, answered(501))
            with pytest.raises(Violation):
                law.expect_refused(malformed, answered(500))
        else:
            with pytest.raises(Violation):
                law.expect_refused(malformed, answered(501))
