"""A document whose base path is missing is told once, beside what fails for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from tests.fakes.serving import opened

from . import command

READ = {"responses": {"200": {"description": "There."}}}


class Below:
    """Serves what its document names below /api, where it is not `moved`."""

    def __init__(self, *, moved: bool) -> None:
        self.root = "/api" if moved else ""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        is_there = target.partition("?")[0] in [f"{self.root}/{name}" for name in ("maps", "charts", "globes")]
        return (200, {}, {}) if is_there else (404, {}, None)


@pytest.mark.parametrize(("moved", "below", "is_told"), [(True, "", True), (True, "/api", False), (False, "", False)])
def test_a_missing_base_path_is_told(
    moved: bool, below: str, is_told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {f"/{name}": {"get": {"operationId": f"list_{name}", **READ}} for name in ("maps", "charts", "globes")}
    document = tmp_path / "maps.json"
    raw = {"openapi": "3.0.3", "info": {"title": "Maps", "version": "1"}, "paths": paths}
    document.write_text(json.dumps(raw), encoding="utf-8")

    with opened(Below(moved=moved)) as url:
        files = ("--document", str(document), "--output", str(tmp_path / "out"))
        main([url + below, *files, *command.rules("SPEC-03")])

    told = capsys.readouterr().err
    assert told.count("nothing of the document is there: 3 reads were answered 404") == is_told
