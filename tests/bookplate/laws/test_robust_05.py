"""ROBUST-05: a member is derived where an ordinary value of it is not shown as it was sent either."""

from types import SimpleNamespace
from typing import Any

import pytest

from bookplate.wire.exchange import Exchange
from tests.bookplate.law_modules import law_module

LAW = law_module("ROBUST-05")
JSON = [("content-type", "application/json")]


def answer(content: bytes) -> Exchange:
    return Exchange("wind_clock", "PUT", "http://127.0.0.1:1/clocks/1", [], b"", 200, JSON, content)


@pytest.mark.parametrize(
    ("sent", "is_derived"),
    [
        (None, False),  # content is optional there, and a sample of none is sent
        ({"owner": "Ann"}, False),
        ({"turns": 7}, False),
        ({"turns": 9}, True),
    ],
)
def test_a_member_is_derived_where_its_ordinary_value_is_not_kept(
    sent: dict[str, object] | None, is_derived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation: Any = SimpleNamespace(method="PUT")
    acceptable = LAW.AcceptableRequest(SimpleNamespace(operation=operation), sent, {})
    monkeypatch.setattr(LAW, "acceptable_request", lambda *_: acceptable)
    shown = answer(b'{"turns": 7, "owner": "Ann"}')
    resources: Any = SimpleNamespace(call=lambda *_, **__: shown, read=lambda _: shown)

    assert LAW.is_derived("turns", operation, resources) is is_derived
