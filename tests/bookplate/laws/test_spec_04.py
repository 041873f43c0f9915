"""SPEC-04 names each answer that never came, and the line of the document that promises it."""

import pytest

from bookplate.contract.document import Document
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.generated import Coverage
from bookplate.wire.outcomes import Violation
from tests.fakes import FOLDER


def judge(missing: list[str], *, own_2xx: int = 1) -> None:
    operation = Document.load(FOLDER / "toy.yaml").operation("create_note")
    coverage = Coverage(operation, 30, own_2xx, own_2xx, [201, 422], 25, missing)
    Catalogue.shipped()["SPEC-04"].function(operation, coverage)


def test_an_answer_that_never_came_is_named_with_its_line() -> None:
    with pytest.raises(Violation) as caught:
        judge(["403 as application/problem+json (toy.yaml:7)", "404 (toy.yaml:8)"])

    named = "create_note never answered 403 as application/problem+json (toy.yaml:7) and 404 (toy.yaml:8)"
    assert caught.value.observed == named


def test_what_never_came_is_named_beside_a_success_that_never_came() -> None:
    with pytest.raises(Violation) as caught:
        judge(["404 (toy.yaml:8)"], own_2xx=0)

    assert caught.value.observed == "no 2xx in 30 cases; answers were 201, 422; never answered 404 (toy.yaml:8)"
