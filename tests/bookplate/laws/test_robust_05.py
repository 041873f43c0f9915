"""ROBUST-05 looks at what an ordinary request gets, before it blames a hostile value."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from bookplate.wire.exchange import Exchange
from bookplate.wire.outcomes import NotChecked, Violation
from tests.bookplate.law_modules import law_module

LAW = law_module("ROBUST-05")
JSON = [("content-type", "application/json")]


def answer(content: bytes) -> Exchange:
    return Exchange("wind_clock", "PUT", "http://127.0.0.1:1/clocks/1", [], b"", 200, JSON, content)


@pytest.mark.parametrize(
    ("sent", "ordinary", "is_derived"),
    [
        (None, 7, False),  # content is optional there
        (None, 9, True),
        ({"owner": "Ann"}, 7, False),
        ({"owner": "Ann"}, 9, True),
        ({"turns": 7}, 8, False),
        ({"turns": 9}, 7, True),
    ],
)
def test_a_member_is_derived_where_its_ordinary_value_is_not_kept(
    sent: dict[str, object] | None, ordinary: int, is_derived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation: Any = SimpleNamespace(method="PUT", members={"turns": SimpleNamespace(members={})})
    acceptable = LAW.AcceptableRequest(SimpleNamespace(operation=operation, item=None), sent, {})
    monkeypatch.setattr(LAW, "acceptable_request", lambda *_: acceptable)
    shown = answer(b'{"turns": 7, "owner": "Ann"}')
    samples = SimpleNamespace(value=lambda _: ordinary)
    resources: Any = SimpleNamespace(call=lambda *_, **__: shown, read=lambda _: shown, samples=samples)

    assert LAW.is_derived("/turns", operation, resources) is is_derived


@pytest.mark.parametrize(("hostile", "ordinary", "is_told"), [(500, 200, True), (500, 422, True), (200, 500, False)])
def test_a_crash_counts_where_an_ordinary_request_has_none(hostile: int, ordinary: int, is_told: bool) -> None:
    resources: Any = SimpleNamespace(call=lambda *_, **__: answered(ordinary))
    acceptable = LAW.AcceptableRequest(None, {}, {})

    with pytest.raises(Violation) if is_told else nullcontext():
        LAW.expect_no_crash(answered(hostile), resources, acceptable)


def test_a_crash_says_nothing_where_an_ordinary_request_has_it_too() -> None:
    resources: Any = SimpleNamespace(call=lambda *_, **__: answered(501))

    with pytest.raises(NotChecked, match="an ordinary request is no better off"):
        LAW.expect_no_crash(answered(500), resources, LAW.AcceptableRequest(None, {}, {}))


def answered(status: int) -> Exchange:
    return Exchange("wind_clock", "PUT", "http://127.0.0.1:1/clocks/1", [], b"", status, JSON, b"{}")
