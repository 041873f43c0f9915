"""One defect is one cause: over operations, laws and phases, and never with another defect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.verdict import EXPERIMENTS, GENERATED, SHOULD, Finding, Verdict, merged
from bookplate.report.causes import Cause, causes_of
from bookplate.wire.outcomes import no_answer
from tests.fakes import FOLDER

LAWS = {law.id: law for law in Catalogue.shipped()}
OPERATIONS = {operation.id: operation for operation in Document.load(FOLDER / "toy.yaml").operations}
OWNER = "no check of the owner at /notes"


def failed(rule: str, operation: str | None, observed: str = "", **more: Any) -> Finding:
    return Finding(rule, operation, Verdict.FAILED, observed=observed, **more)


def exchange(operation: str, status: int, said: str = "") -> dict[str, Any]:
    called = OPERATIONS[operation]
    url = f"http://127.0.0.1:1/v1{called.path}".replace("{note_id}", "7")
    return {
        "method": called.method,
        "url": url,
        "status": status,
        "operation": operation,
        "media_type": "text/plain",
        "said": said,
    }


def crash(rule: str, operation: str, at: str, said: str, **more: Any) -> Finding:
    """Return the finding of a law at an operation that met a server error at one, maybe another."""
    last = exchange(at, 500, said)
    observed = f"{last['method']} {last['url']} answered 500"
    return failed(rule, operation, observed, exchanges=[exchange("create_note", 201), last], **more)


def causes(*findings: Finding) -> list[Cause]:
    return causes_of(findings, LAWS, OPERATIONS)


def rules(found: Sequence[Cause]) -> list[list[str]]:
    return [sorted(cause.rules) for cause in found]


def test_one_crash_is_one_cause_whatever_law_operation_and_phase_saw_it() -> None:
    [found] = causes(
        crash("STATE-01", "create_note", "get_note", "no such column: colour", phase=EXPERIMENTS),
        crash("STATE-02", "update_note", "get_note", "no such column: colour", phase=EXPERIMENTS),
        crash("ROBUST-01", "get_note", "get_note", "no such column: colour", phase=GENERATED),
    )

    assert (found.severity.word, sorted(found.rules)) == ("crash", ["ROBUST-01", "STATE-01", "STATE-02"])
    assert sorted(found.operations) == ["create_note", "get_note", "update_note"]
    assert found.phases == [EXPERIMENTS, GENERATED]
    assert found.mark.headline == "GET /notes/{note_id} answers 500 (no such column: colour)"


def test_crashes_that_say_other_things_are_two_causes() -> None:
    one = crash("ROBUST-01", "get_note", "get_note", "no such column: colour")

    assert len(causes(one, crash("ROBUST-01", "get_note", "get_note", "the buffer is full"))) == 2


def test_a_crash_that_says_nothing_is_told_by_its_path_alone() -> None:
    said = "error: Internal Server Error"
    of_the_list, of_the_item = (crash("ROBUST-01", name, name, said) for name in ("list_notes", "get_note"))

    assert len(causes(of_the_list, of_the_item)) == 2
    assert len(causes(of_the_list, crash("PAGE-01", "list_notes", "list_notes", said))) == 1


def test_a_request_that_nothing_answers_is_one_crash() -> None:
    defect = no_answer("GET /notes/{note_id}")
    one = failed("ROBUST-01", "get_note", "GET /notes/{note_id}: ConnectionError: reset", defect=defect)
    other = failed("STATE-01", "create_note", "GET /v1/notes/7 got no answer: it was reset", defect=defect)

    [found] = causes(one, other)

    assert (found.severity.word, found.mark.headline) == ("crash", "GET /notes/{note_id} gets no answer")


def test_what_no_operation_is_meant_to_take_is_one_crash_at_all() -> None:
    def framing(name: str) -> Finding:
        last = {**exchange(name, 500, "error: Internal Server Error"), "operation": None}
        return failed("ROBUST-06", name, "chunks that are none: answered 500", exchanges=[last])

    plain = crash("ROBUST-01", "get_note", "get_note", "error: Internal Server Error")
    generated = replace(plain, rule_id="ROBUST-02", observed="Wrong response: GET /7 answered 500", phase=GENERATED)

    found = causes(framing("get_note"), plain, generated, framing("list_notes"))
    assert rules(found) == [["ROBUST-06"], ["ROBUST-01", "ROBUST-02"]]


def test_what_all_operations_share_is_one_cause_and_what_a_resource_does_one_for_each() -> None:
    observed = "the ETag of something else: POST /v1/x answered 201"
    of_preconditions, of_states = (
        [failed(rule, name, observed, exchanges=[exchange(name, 201)]) for name in ("register", "create_note")]
        for rule in ("COND-03", "STATE-02")
    )

    assert len(causes(*of_preconditions)) == 1
    assert len(causes(*of_states)) == 2


def test_a_law_that_objects_to_something_else_is_not_joined_to_a_crash() -> None:
    last = exchange("get_note", 500, "no such column: colour")
    header = failed("HTTP-01", "get_note", "The ETag header's syntax isn't valid.", exchanges=[last])

    assert len(causes(crash("ROBUST-01", "get_note", "get_note", "no such column: colour"), header)) == 2


def test_a_missing_check_is_one_cause_below_one_path() -> None:
    found = causes(
        failed("AUTHZ-01", "get_note", "GET /v1/notes/1 answered 200", defect=OWNER),
        failed("AUTHZ-02", "update_note", "PATCH /v1/notes/1 answered 200", defect=OWNER),
        failed("AUTHZ-02", "delete_note", "DELETE /v1/notes/1 answered 204", defect=OWNER),
        failed("AUTHZ-02", "delete_note", "B was refused and changed it"),
    )

    assert rules(found) == [["AUTHZ-01", "AUTHZ-02"], ["AUTHZ-02"]]
    assert [cause.severity.word for cause in found] == ["security", "security"]


def test_another_status_or_another_message_is_another_cause() -> None:
    gone, hidden = (
        failed(
            "STATE-03", "delete_note", f"GET /v1/notes/1 answered {status}", exchanges=[exchange("get_note", status)]
        )
        for status in (200, 403)
    )
    other = replace(hidden, exchanges=[exchange("get_note", 403, "detail: not yours")])

    assert len(causes(gone, hidden, other)) == 3


def test_members_are_names_and_values_are_not() -> None:
    text, tags = (failed("ROBUST-05", "create_note", f"'{name}' is not \"x{name}\"") for name in ("text", "tags"))

    assert len(causes(text, tags)) == 2
    assert len(causes(text, replace(text, operation_id="update_note", observed="'text' is not \"abc\""))) == 1


def test_what_a_failure_explains_is_reported_with_it() -> None:
    """Where an item is on two pages, no size, order or link can be right: that is one defect to mend."""
    [found] = causes(
        failed("CACHE-03", "list_notes", "requests that differ in 'page' alone get one answer"),
        failed("PAGE-02", "list_notes", "pages of 8 have these sizes: 8, 8 and 6, not 8, 8 and 5"),
        failed("PAGE-01", "list_notes", "in pages of 5, item 7 is on pages 1 and 2", curl="curl of many lines"),
    )

    assert found.mark.headline == "in pages of 5, item 7 is on pages 1 and 2"
    assert found.rules[0] == "PAGE-01"
    assert sorted(found.rules) == ["CACHE-03", "PAGE-01", "PAGE-02"]


def test_a_failure_explains_none_of_another_operation_and_no_crash() -> None:
    found = causes(
        failed("PAGE-01", "list_notes", "in pages of 5, item 7 is on pages 1 and 2"),
        failed("PAGE-02", "get_note", "pages of 8 have these sizes: 8, 8 and 6, not 8, 8 and 5"),
        crash("PAGE-05", "list_notes", "list_notes", "no such column: title"),
    )

    assert sorted(rules(found)) == [["PAGE-01"], ["PAGE-02"], ["PAGE-05"]]


def test_a_law_that_was_expected_to_fail_explains_nothing() -> None:
    """What it explains would be hidden behind what nobody mends today."""
    found = causes(
        replace(failed("PAGE-01", "list_notes", "item 7 is on two pages"), verdict=Verdict.WARNED),
        failed("PAGE-02", "list_notes", "pages of 8 have these sizes: 8 and 6"),
    )

    assert sorted(rules(found)) == [["PAGE-01"], ["PAGE-02"]]


def test_laws_are_explained_by_laws_that_are_there_and_that_they_do_not_explain() -> None:
    order = {name: tuple(law.explained_by) for name, law in LAWS.items() if law.explained_by}
    assert order
    for name, bases in order.items():
        assert set(bases) <= LAWS.keys()
        assert not any(name in LAWS[base].explained_by for base in bases), name


def test_one_request_too_many_is_one_defect_of_all_limits() -> None:
    found = causes(
        failed("RATE-01", "list_notes", "the limit lists admits 20", defect="limits admit 1 request too many"),
        failed("RATE-01", "get_note", "the limit reads admits 60", defect="limits admit 1 request too many"),
        failed("CONC-04", "get_note", "the limit reads had 4 requests left"),
    )

    assert [(cause.mark.headline, sorted(cause.rules)) for cause in found] == [
        ("limits admit 1 request too many", ["CONC-04", "RATE-01"])
    ]


def test_causes_are_ordered_by_severity_and_then_by_reach() -> None:
    found = causes(
        failed("SCHEMA-01", "log_in", "undocumented", defect="the status 418 is answered, and not documented"),
        failed("SCHEMA-03", "get_note", "missing", defect="the header field Request-Id is missing"),
        failed("SCHEMA-03", "log_in", "missing", defect="the header field Request-Id is missing"),
        crash("ROBUST-01", "get_note", "get_note", "full"),
        failed("PAGE-01", "list_notes", "never visited: {1}"),
        failed("AUTHZ-01", "get_note", "GET /v1/notes/1 answered 200", defect=OWNER),
        Finding("AUTH-04", "log_in", Verdict.WARNED, SHOULD, observed="no sub"),
        Finding("AUTHZ-04", "get_note", Verdict.NOT_CHECKED, reason="no parent"),
    )

    assert [cause.rules for cause in found] == [
        ["AUTHZ-01"],
        ["PAGE-01"],
        ["ROBUST-01"],
        ["SCHEMA-03"],
        ["SCHEMA-01"],
        ["AUTH-04"],
    ]


def test_the_simplest_finding_is_shown_and_none_is_hidden() -> None:
    long = crash("STATE-01", "create_note", "get_note", "full", curl="curl 1\ncurl 2\ncurl 3")
    short = replace(long, rule_id="ROBUST-01", exchanges=long.exchanges[-1:], curl="curl 3")
    warned = replace(short, rule_id="ROBUST-04", verdict=Verdict.WARNED, level=SHOULD, curl="curl")

    [found] = causes(long, warned, short)

    assert (found.verdict, found.findings) == (Verdict.FAILED, [2, 0, 1])


def test_what_the_settings_expect_stays_apart_from_what_fails() -> None:
    new = crash("ROBUST-01", "get_note", "get_note", "full")
    known = replace(new, rule_id="STATE-01", verdict=Verdict.WARNED, reason="expected: it is mended in May")

    assert rules(causes(known, new)) == [["ROBUST-01"], ["STATE-01"]]


@pytest.mark.parametrize("said", ["full", "empty"])
def test_findings_of_one_operation_that_say_other_things_are_all_kept(said: str) -> None:
    one, other = crash("ROBUST-01", "get_note", "get_note", "full"), crash("ROBUST-01", "get_note", "get_note", said)

    assert len(merged([one, other])) == len({"full", said})
