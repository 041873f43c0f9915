"""ROBUST-08 looks at what an ordinary request gets, before it blames an odd value."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked, Violation
from tests.bookplate.law_modules import law_module

LAW = law_module("ROBUST-08")
FIELDS = {"Accept": "a/b;q=nan", "Origin": "null://["}


def answered(status: int) -> Exchange:
    return Exchange("wind_clock", "GET", "http://127.0.0.1:1/clocks", [], b"", status, [], b"")


@pytest.mark.parametrize(("hostile", "ordinary", "is_told"), [(500, 200, True), (500, 422, True), (400, 500, False)])
def test_a_crash_counts_where_an_ordinary_request_has_none(hostile: int, ordinary: int, is_told: bool) -> None:
    resources: Any = SimpleNamespace(call=lambda _, headers, **__: answered(hostile if headers else ordinary))
    acceptable = LAW.AcceptableRequest(None, None, {})

    with pytest.raises(Violation) if is_told else nullcontext():
        LAW.expect_fields_survived(resources, acceptable, FIELDS)


def test_an_operation_that_always_crashes_says_nothing_of_odd_values() -> None:
    resources: Any = SimpleNamespace(call=lambda *_, **__: answered(500))

    with pytest.raises(NotChecked, match="an ordinary request is no better off"):
        LAW.expect_fields_survived(resources, LAW.AcceptableRequest(None, None, {}), FIELDS)
