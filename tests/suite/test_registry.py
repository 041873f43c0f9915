"""Every rule is whole: an id for ever, a law that can be read, a fault that it catches."""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import contract_tests.rules  # noqa: F401  (importing the package registers the rules)
from contract_tests.document import Document
from contract_tests.rule import REGISTRY, Rule, delegated, rules_of

RULES = rules_of()
DOCUMENT = Document.load(Path(__file__).parents[2] / "openapi/openapi.yaml")
# A standard by its number, with the place in it; a draft by its full name; a key by ours.
STANDARDS = (
    r"RFC (?:3986|5789|6585|6750|6749|7009|7396|7519|7617|8259|8288|8594|8725|9068|9110|9111|9112|9211|9457|9651|9700|9745)(?:, (?:section|sections|appendix) .*[\dA-Z])?",
    r"draft-ietf-httpapi-(?:ratelimit-headers-11|idempotency-key-header-07)(?:, sections? .*\d)?",
    r"draft-inadarei-api-health-check-06(?:, sections? .*\d)?",
    r"OWASP API(?:[1-9]|10):2023",
    r"OpenAPI 3\.0\.3(?:, \w.*)?",
    r"x-(?:rate-limit|pagination|cache|access|auth-role|unique)",
    r"Fetch standard(?:, .+)?",
    r"AIP-1\d\d",
)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]+-[0-9]{2}", rule.id)
    assert rule.source
    assert rule.faults, "a rule without a fault proves nothing"
    assert all(fault.__doc__ for fault in rule.faults)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_law_is_a_fact_in_the_present_tense(rule: Rule) -> None:
    assert rule.law.endswith(".")
    law = re.sub(r"`[^`]*`", "", rule.law)
    assert not re.search(r"\b(should|must|shall|will|test that|checks? that|ensure)\b", law, re.IGNORECASE)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_source_can_be_looked_up(rule: Rule) -> None:
    for source in rule.source.split("; "):
        if source.startswith("#/"):
            assert DOCUMENT.at(source) is not None
        else:
            assert any(re.fullmatch(form, source) for form in STANDARDS), source


def test_every_fault_belongs_to_a_rule() -> None:
    """A function that takes a request, or a document to spoil, and no rule knows, would be caught by nobody."""
    known = {fault for rule in RULES for fault in rule.faults}
    for module in (sys.modules[name] for name in {rule.function.__module__ for rule in RULES if rule.function}):
        source = inspect.getsource(module)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            shared = source.count(name) > 1  # what several faults are made of
            assert function in known or shared or not takes_request(function), name


def takes_request(function: Callable[..., object]) -> bool:
    return list(inspect.signature(function).parameters) in (["request"], ["request", "answer"])


def test_fault_names_are_unique() -> None:
    faults = {fault for rule in RULES for fault in rule.faults}

    assert len(faults) == len({fault.__name__ for fault in faults})


def test_an_id_cannot_be_declared_twice() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        delegated(RULES[0].id, "It stands twice.", check="x", source="nowhere")


def test_a_check_reports_under_one_rule() -> None:
    checks = [check for rule in REGISTRY.values() for check in rule.checks]

    assert len(checks) == len(set(checks))
