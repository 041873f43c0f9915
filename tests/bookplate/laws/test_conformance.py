"""Conformant is said only of a service that was seen to work, by a run that tried what says so."""

from bookplate.laws.catalogue import Catalogue
from bookplate.laws.conformance import missing_evidence
from bookplate.laws.verdict import MUST, SHOULD, Finding, Verdict, exit_code

CORE = [law for law in Catalogue.shipped() if law.core]
OPERATIONS = ["make", "read", "list", "delete"]
PASSES = [Finding(law.id, "read", Verdict.PASSED) for law in CORE]


def test_what_says_most_of_a_service_is_the_core() -> None:
    assert sorted(law.id for law in CORE) == ["ERR-01", "ROBUST-01", "SCHEMA-01", "SCHEMA-02", "SCHEMA-03", "SCHEMA-04"]


def test_nothing_is_missing_where_the_core_passed_and_half_of_the_operations_worked() -> None:
    assert missing_evidence(CORE, PASSES, OPERATIONS, {"make", "read"}) == []


def test_a_core_law_that_passed_nowhere_is_named() -> None:
    others = [finding for finding in PASSES if finding.rule_id != "ERR-01"]
    unchecked = Finding("ERR-01", None, Verdict.NOT_CHECKED)

    [missing] = missing_evidence(CORE, [*others, unchecked], OPERATIONS, OPERATIONS)

    assert missing.startswith("ERR-01 passed at no operation: ")


def test_operations_that_never_worked_are_counted_and_named() -> None:
    [missing] = missing_evidence(CORE, PASSES, OPERATIONS, {"read"})

    assert missing == "only 1 of 4 operations were seen to answer 2xx; never did make, list, delete"


def test_a_document_without_operations_is_kept_by_nobody() -> None:
    [missing] = missing_evidence([], [], [], set())

    assert "the document has no operations" in missing


def test_what_is_missing_ends_with_3_and_a_failure_with_1_all_the_same() -> None:
    failed = Finding("PAGE-01", "list", Verdict.FAILED)

    assert exit_code(PASSES) == 0
    assert exit_code(PASSES, missing=["something"]) == 3
    assert exit_code([*PASSES, failed], missing=["something"]) == 1


def test_a_pass_in_part_ends_with_3_only_where_that_is_asked_for() -> None:
    in_part = [Finding("PAGE-02", "list", Verdict.PASSED, MUST, tested=("sizes",), not_tested=("the default",))]
    advice = [Finding("PAGE-07", "list", Verdict.PASSED, SHOULD, not_tested=("the default",))]

    assert exit_code(in_part) == 0
    assert exit_code(in_part, strict_parts=True) == 3
    assert exit_code(advice, strict_parts=True) == 0
