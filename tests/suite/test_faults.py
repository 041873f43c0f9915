"""The faults of the experiments are caught on the toy; those of the campaign take longer and run in `tox -e faults`."""

import sys
from pathlib import Path

import pytest

from contract_tests.faults import main

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "rule", ["SPEC-01", "PAGE-01", "RATE-01", "AUTH-03", "AUTHZ-02", "COND-03", "STATE-01", "SPEC-03"]
)
def test_every_fault_of_the_rule_is_caught(
    rule: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(HERE.parent), *sys.path])

    assert main(["--target", "suite.toy:create_app", "--config", str(HERE / "toy.toml"), "--rule", rule]) == 0

    said = capsys.readouterr().out.splitlines()
    assert all("caught" in line for line in said)
    assert len(said) > 1
