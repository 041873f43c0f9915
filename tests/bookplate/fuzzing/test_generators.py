"""Generated strings mean what their format says, and no two that must differ are alike."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.formats import STRING_FORMATS

from bookplate.contract.document import Document
from bookplate.fixtures.formats import is_isbn, isbn
from bookplate.fuzzing.strategies import strategies

OPENAPI = Path(__file__).parents[3] / "openapi" / "openapi.yaml"
BUILT_IN = {"date-time", "date", "uri", "uri-reference", "uuid", "byte", "binary"} | set(STRING_FORMATS)
PLAIN = {"password"}  # any text of the right length: with a generator, no length at a boundary would be tried
ANSWERED = {"json-pointer", "request-id", "delay-seconds"}  # stand in answers alone


def drawn(name: str, count: int) -> list[str]:
    values: list[str] = []
    strategy = strategies()[name]

    @settings(max_examples=count, database=None, derandomize=True)
    @given(strategy)
    def collect(value: str) -> None:
        values.append(value)

    collect()
    return values


@pytest.mark.parametrize("name", ["email", "username", "idempotency-key"])
def test_unique_values_differ_in_any_case(name: str) -> None:
    values = drawn(name, 30)

    assert len({value.lower() for value in values}) == len(values)


def test_every_isbn_is_new_and_valid() -> None:
    values = drawn("isbn", 30)

    assert all(map(is_isbn, values))
    assert len({value.replace("-", "")[-10:-1] for value in values}) == len(values)


@given(st.integers(0, 999_999_999), st.sampled_from([10, 13]))
@settings(max_examples=50, database=None, derandomize=True)
def test_changed_check_digit_is_no_isbn(number: int, length: int) -> None:
    text = isbn(number, "{0}{1}{2}{3}{4}", length)

    assert is_isbn(text)
    assert not is_isbn(text[:-1] + ("1" if text[-1] != "1" else "2"))


def declared_strings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "string" and "format" in node:
            yield node
        for member in node.values():
            yield from declared_strings(member)
    elif isinstance(node, list):
        for member in node:
            yield from declared_strings(member)


def test_every_format_of_the_contract_has_a_generator() -> None:
    used = {schema["format"] for schema in declared_strings(Document.load(OPENAPI).plain())}

    assert used - BUILT_IN - PLAIN - ANSWERED <= set(strategies())


def test_values_match_the_patterns_of_the_contract() -> None:
    for schema in declared_strings(Document.load(OPENAPI).plain()):
        if schema["format"] in strategies() and "pattern" in schema:
            assert all(re.search(schema["pattern"], value) for value in drawn(schema["format"], 20)), schema
