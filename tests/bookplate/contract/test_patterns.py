"""Patterns are regular expressions of ECMA-262."""

import pytest

from bookplate.contract.patterns import is_readable, matches


@pytest.mark.parametrize(
    ("pattern", "text", "matching"),
    [
        (r"^\p{L}+$", "Жé", True),
        (r"^\p{Lu}$", "a", False),
        (r"^[\p{L}\p{N}_]+$", "é3_", True),
        (r"^(?<year>\d{4})$", "2020", True),
        (r"(?<=a)b", "ab", True),
        (r"(?<!a)b$", "ab", False),
        (r"^(?=.*\d).{4,8}$", "ab1d", True),
        (r"^\d$", "٣", False),
        (r"^\w+$", "é", False),
        (r"^\s$", "\ufeff", True),
        (r"^a\/b$", "a/b", True),
        (r"^[\w\-]+$", "a-b", True),
        (r"^\cA$", "\x01", True),
        (r"^\u0041\x42$", "AB", True),
        ("^a$", "a\n", False),
        ("^.$", "😀", True),
        ("b", "abc", True),
    ],
)
def test_a_pattern_is_read_as_ecma_262_has_it(pattern: str, text: str, matching: bool) -> None:
    assert matches(pattern, text) is matching


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}"])
def test_what_cannot_be_read_refuses_nothing(pattern: str) -> None:
    assert not is_readable(pattern)
    assert matches(pattern, "whatever")
