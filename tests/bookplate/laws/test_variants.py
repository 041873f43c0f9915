"""No law fails on a service that is conformant in another way than the reference, and every law still can."""

from collections.abc import Collection

import pytest

from bookplate.checking import check
from bookplate.laws.verdict import Finding, Verdict
from bookplate.options import Options
from bookplate.planning import plan
from tests.fakes import FOLDER

pytestmark = pytest.mark.long

LOOSE = "as_standards_have_it"  # beyond what the document allows: it is laid over with what standards say
VARIANTS = ("in_other_words", "from_behind_a_proxy", "in_many_lines", LOOSE)
OPERATIONS = (
    *("list_books", "list_books_feed", "list_popular_books", "get_book_statistics", "create_book", "update_book"),
    *("get_user", "log_in", "refresh_tokens", "clear_cache"),
)
# What looks at forms: of pages, tags, caches, places, sessions, origins, methods, limits and repeated requests.
LAWS = {
    *(
        "PAGE-05",
        "PAGE-06",
        "CURSOR-01",
        "CURSOR-04",
        "COND-01",
        "COND-02",
        "COND-03",
        "CACHE-03",
        "CACHE-05",
        "CACHE-07",
    ),
    *("STATE-01", "STATE-04", "AUTH-04", "AUTH-05", "AUTH-06", "AUTH-07", "AUTH-09", "AUTHZ-01"),
    *("CORS-01", "CORS-02", "CORS-04", "CORS-05"),
    *("ROBUST-02", "ROBUST-05", "RATE-03", "RATE-05", "CONC-05"),
    *("PAGE-07", "PAGE-12", "PAGE-13", "CACHE-13", "STATE-12", "STATE-13", "ERR-04"),
    *("PAGE-11", "CACHE-12", "HTTP-05", "ROBUST-09", "ERR-08", "ERR-11", "HTTP-07", "HTTP-08"),
}
FOR_AN_ADMIN = {"RATE-08"}  # whom to make takes as long as all of the others


def findings(variant: str, rules: Collection[str], operations: Collection[str], seed: int = 1) -> list[Finding]:
    """Play rules against a variant, and return what they say, and what the invariants say of all that was sent."""
    options = Options(
        f"tests.fakes.variants:{variant}",
        config="impl/bookplate.toml",
        overlay=str(FOLDER / "variants.yaml") if variant == LOOSE else None,
        rules=tuple(rules),
        operations=tuple(operations),
        seed=seed,
        shuffled=None if seed == 1 else seed,
        fast=True,
    )
    run = plan(options)
    try:
        found = check(run)
        seen = [violation for session in run.sessions for violation in session.observer.violations.items()]
    finally:
        run.stop()
    return found + [Finding(rule, name, Verdict.FAILED, observed=str(violation)) for (rule, name), violation in seen]


def alarms(found: list[Finding]) -> list[tuple[str, str | None, str]]:
    return [(f.rule_id, f.operation_id, f.observed or f.reason) for f in found if f.verdict is not Verdict.PASSED]


@pytest.mark.nightly  # at every change services of other styles are played: test_other_styles.py, test_no_false_alarm.py
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_law_fails_on_another_form(variant: str, seed: int) -> None:
    """Neither a MUST nor a SHOULD, and none is put off, in whatever order they are tried."""
    laws = LAWS | (FOR_AN_ADMIN if variant == LOOSE else set())
    found = findings(variant, laws, OPERATIONS, seed)

    assert alarms(found) == []
    assert {finding.rule_id for finding in found} == laws


@pytest.mark.nightly  # at every change the reference and the honest toy are tried in the same way
def test_no_generated_request_finds_fault_with_another_form() -> None:
    found = findings("in_many_lines", ("SCHEMA-01", "SCHEMA-02", "SCHEMA-03", "ROBUST-01"), ("create_book",))

    assert (alarms(found), len(found)) == ([], 4)


@pytest.mark.nightly
def test_a_form_that_nothing_allows_is_seen() -> None:
    """Otherwise the tests above could not fail."""
    found = findings("in_careless_forms", ("PAGE-05", "COND-02", "ROBUST-02"), ("list_books", "create_book"))

    assert {rule for rule, _, _ in alarms(found)} == {"PAGE-05", "COND-02", "ROBUST-02", "HTTP-01", "SCHEMA-03"}
