"""Every law is whole: a file named after it, an id for ever, a sentence that can be read, a fault that it finds."""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate import delegated
from bookplate.contract.document import Document
from bookplate.laws.catalogue import FILES, Catalogue, CatalogueError, shipped_folder
from bookplate.laws.law import Invariant, Law, law_of

LAWS = list(Catalogue.shipped())
EACH_LAW = pytest.mark.parametrize("law", LAWS, ids=[law.id for law in LAWS])
DOCUMENT = Document.load(Path(__file__).parents[3] / "openapi/openapi.yaml")
# A standard by its number, with the place in it; a draft by its full name; a key by ours.
STANDARDS = (
    r"RFC (?:3986|5789|6585|6750|6749|6901|7009|7396|7519|7617|8259|8265|8288|8594|8725|9068|9110|9111|9112|9211|9457|9651|9700|9745)(?:, (?:section|sections|appendix) .*[\dA-Z])?",
    r"draft-ietf-httpapi-(?:ratelimit-headers-11|idempotency-key-header-07)(?:, sections? .*\d)?",
    r"draft-inadarei-api-health-check-06(?:, sections? .*\d)?",
    r"NIST SP 800-63B(?:-4)?, section \d[.\d]*",
    r"OWASP ASVS 5\.0, section \d[.\d]*",
    r"JSON Schema Validation, section \d[.\d]*",
    r"OWASP API(?:[1-9]|10):2023",
    r"OpenAPI 3\.0\.3(?:, \w.*)?",
    r"x-(?:rate-limit|pagination|cache|access|auth-role|unique|counts|clears)",
    r"Fetch standard(?:, .+)?",
    r"AIP-1\d\d",
)


@EACH_LAW
def test_a_law_is_whole(law: Law) -> None:
    assert re.fullmatch(r"[A-Z]+-[0-9]{2}", law.id)
    assert law.source
    assert law.faults, "a law without a fault proves nothing"
    assert all(fault.description for fault in law.faults)


@EACH_LAW
def test_a_law_stands_alone_in_a_file_that_is_named_after_it(law: Law) -> None:
    """PAGE-01 stands in page/page_01_every_item_exactly_once.py, as test_every_item_exactly_once."""
    folder, name = law.path.parent.name, law.path.stem
    slug = name.removeprefix(f"{law.id.lower().replace('-', '_')}_")

    assert folder == law.group.lower()
    assert name != slug
    assert law.function.__name__ == (slug if isinstance(law, Invariant) else f"test_{slug}")
    assert [other.id for other in LAWS if other.path == law.path] == [law.id]


def test_every_file_of_the_folder_is_a_law_or_shared() -> None:
    files = {path for path in shipped_folder().rglob("*.py") if path.name not in ("_shared.py", "__main__.py")}

    assert files == {law.path for law in LAWS}
    assert files == set(shipped_folder().rglob(FILES))


@EACH_LAW
def test_a_law_is_a_fact_in_the_present_tense(law: Law) -> None:
    assert law.text.endswith(".")
    text = re.sub(r"`[^`]*`", "", law.text)
    assert not re.search(r"\b(should|must|shall|will|test that|checks? that|ensure)\b", text, re.IGNORECASE)


@EACH_LAW
def test_a_source_can_be_looked_up(law: Law) -> None:
    for source in law.source.split("; "):
        if source.startswith("#/"):
            assert DOCUMENT.holds(source)
        else:
            assert any(re.fullmatch(form, source) for form in STANDARDS), source


@EACH_LAW
def test_every_fault_belongs_to_its_law(law: Law) -> None:
    """A function that takes a request and that no law knows would be found by nobody."""
    known = {fault.function for fault in law.faults}
    module = sys.modules[law.function.__module__]
    source = inspect.getsource(module)
    for name, function in inspect.getmembers(module, inspect.isfunction):
        shared = source.count(name) > 1  # what several faults are made of
        assert function in known or shared or not takes_request(function), name


def takes_request(function: Callable[..., object]) -> bool:
    return list(inspect.signature(function).parameters) in (["request"], ["request", "answer"])


def test_fault_names_are_unique() -> None:
    functions = {fault.function for law in LAWS for fault in law.faults}

    assert len(functions) == len({function.__name__ for function in functions})


def test_an_id_cannot_be_declared_twice() -> None:
    @delegated(LAWS[0].id, checks=("x",), source="nowhere")
    def test_again() -> None:
        """It stands twice."""

    again = law_of(test_again)
    assert again is not None
    with pytest.raises(CatalogueError, match=f"{LAWS[0].id} is declared in .*{LAWS[0].path.name} too"):
        Catalogue([*LAWS, again])


def test_a_check_reports_under_one_law() -> None:
    checks = [check for law in LAWS for check in law.checks]

    assert len(checks) == len(set(checks))
