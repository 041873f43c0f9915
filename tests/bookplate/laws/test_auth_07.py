"""The law on reuse waits for a declared grace in real time, where time cannot be moved and patience allows it."""

from types import SimpleNamespace
from typing import Any

import pytest

from bookplate.wire.outcomes import NotChecked

from ..law_modules import law_module

wait = law_module("AUTH-07").wait


def people(patience: float) -> Any:
    return SimpleNamespace(client=SimpleNamespace(patience=patience))


def test_a_grace_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    wait(6, people(60))

    assert slept == [6]


def test_a_grace_longer_than_patience_is_told() -> None:
    with pytest.raises(NotChecked, match="the grace ends after 6 s, longer than --patience allows"):
        wait(6, people(5))
