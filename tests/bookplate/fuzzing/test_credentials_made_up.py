"""Credentials that the engine makes up: with a user's own they are not sent, and nobody has to take them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from tests.fakes.doors import KEYS, Doors, opened

KEY_OF_ADA = next(iter(KEYS))
TWO_WAYS: Any = [{"query-key": []}, {"header-key": []}]


def check(doors: Doors, folder: Path) -> list[dict[str, str]]:
    """Let requests be generated for a service to which Ada's key opens one of two doors; return what failed."""
    document, output = doors.write(folder), folder / "out"
    laws = ["--rule", "SCHEMA-04", "--max-examples", "4"]
    laws += ["--operation", "list_items", "--operation", "get_item"]
    with opened(doors) as url:
        main([url, "--document", str(document), "--output", str(output), *laws, "-H", f"X-Key: {KEY_OF_ADA}"])
    findings = json.loads((output / "report.json").read_text(encoding="utf-8"))["findings"]
    return [each for each in findings if each["verdict"] == "failed"]


@pytest.mark.parametrize(
    "security",
    [
        TWO_WAYS,
        pytest.param([{"header-key": []}], marks=pytest.mark.nightly),
        pytest.param([{}, *TWO_WAYS], marks=pytest.mark.nightly),
    ],
)
def test_a_service_that_refuses_what_is_no_key_with_400_is_right(security: Any, tmp_path: Path) -> None:
    doors = Doors(security, exact=True)

    assert check(doors, tmp_path) == []

    lists = [(target, headers.get("x-key")) for target, headers in doors.seen if target.startswith("/v1/items")]
    assert any(key == KEY_OF_ADA for _, key in lists)
    assert not [target for target, key in lists if key == KEY_OF_ADA and "api_key" in target]
    # Nobody still sends keys that are made up.
    assert [target for target, key in lists if key != KEY_OF_ADA and (key is not None or "api_key" in target)]
