"""The page of a law: why it matters, usual mistakes, how to mend them, source and risks."""

import html
import re
from pathlib import Path

import pytest

from bookplate.explain import explained
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.law import Law
from bookplate.laws.owasp import RISKS, address, title
from bookplate.report.rule_page import rule_page
from bookplate.report.rules import rule_as_data, rule_markdown

LAWS = [*Catalogue.shipped()]
MOST_WORDS, FEWEST_WORDS = 27, 15
PAGES = Path(__file__).parents[3] / "docs" / "rules"


def words(text: str) -> str:
    """Return a text with single blanks, without marks of Markdown and HTML, as a reader sees it."""
    unmarked = re.sub(r"<[^>]*>|[`*]", "", text)
    # A terminal breaks lines behind a hyphen too.
    return " ".join(html.unescape(unmarked).split()).replace("- ", "-").lower()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.id)
def test_both_pages_say_what_explain_says(law: Law) -> None:
    rule = rule_as_data(law)
    said = [law.text, law.why, law.mending, *law.details.split("\n\n"), *(fault.description for fault in law.faults)]
    said += map(title, law.owasp)
    explanation = words("\n".join(explained(law, None)))

    for page in (words(rule_markdown(rule)), words(rule_page(rule))):
        for text in said:
            assert words(text) in page
            assert words(text) in explanation
    assert law.why
    assert law.faults


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.id)
def test_each_law_says_how_it_is_mended(law: Law) -> None:
    sentences = re.split(r"(?<=[.]) (?=[A-Z`*])", law.mending)

    assert law.mending.endswith(".")
    assert 1 <= len(sentences) <= 5
    assert max(len(sentence.split()) for sentence in sentences) <= MOST_WORDS
    # A step that fits any law mends none.
    assert len(law.mending.split()) >= FEWEST_WORDS


def test_no_two_laws_are_mended_alike() -> None:
    assert len({law.mending for law in LAWS}) == len(LAWS)


def test_a_law_of_somebody_else_needs_no_advice() -> None:
    rule = {**rule_as_data(LAWS[0]), "mending": ""}

    assert "the document where that promises what nobody meant" in rule_markdown(rule)


def test_each_law_has_a_page_in_the_documentation() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {law.id for law in LAWS}


def test_laws_carry_known_risks_alone() -> None:
    carried = {number for law in LAWS for number in law.owasp}

    assert {"API1:2023", "API2:2023", "API3:2023", "API4:2023", "API5:2023", "API8:2023", "API9:2023"} == carried
    assert list(RISKS) == [f"API{number}:2023" for number in range(1, 11)]
    assert address("API1:2023").endswith("/0xa1-broken-object-level-authorization/")


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="NOTE-01: 'API11:2023' is no number of the OWASP API Security Top 10"):
        Law("NOTE-01", lambda: None, "", owasp=("API11:2023",))


def test_the_page_of_a_law_holds_its_text_as_text() -> None:
    rule = {**rule_as_data(LAWS[0]), "law": "<script>alert(1)</script>\x1b[2J", "mistakes": ["<img src=x>"]}

    page = rule_page(rule)

    assert "<script>" not in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert "default-src 'none'; style-src 'sha256-" in html.unescape(page)
