"""Every rule is whole: an id for ever, a law that can be read, a fault that it catches."""

import re

import pytest

import contract_tests.rules  # noqa: F401  (importing the package registers the rules)
from contract_tests.rule import REGISTRY, Rule, delegated, rules_of

RULES = rules_of()


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]+-[0-9]{2}", rule.id)
    assert rule.source
    assert rule.faults, "a rule without a fault proves nothing"
    assert all(fault.__doc__ for fault in rule.faults)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_law_is_a_fact_in_the_present_tense(rule: Rule) -> None:
    assert rule.law.endswith(".")
    assert not re.search(r"\b(should|must|shall|will|test that|checks? that|ensure)\b", rule.law, re.IGNORECASE)


def test_fault_names_are_unique() -> None:
    names = [fault.__name__ for rule in RULES for fault in rule.faults]

    assert len(names) == len(set(names))


def test_an_id_cannot_be_declared_twice() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        delegated(RULES[0].id, "It stands twice.", check="x", source="nowhere")


def test_a_check_reports_under_one_rule() -> None:
    checks = [check for rule in REGISTRY.values() for check in rule.checks]

    assert len(checks) == len(set(checks))
