"""An answer whose content nobody can read teaches nothing, and ends nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from tests.fakes.serving import opened

READ = {"responses": {"200": {"description": "All.", "content": {"application/json": {}}}}}
RAW = {
    "openapi": "3.0.3",
    "info": {"title": "Coded", "version": "1"},
    "paths": {f"/{name}": {"get": {"operationId": f"list_{name}", **READ}} for name in ("maps", "charts")},
}


class Coded:
    """Says of its content that it has a coding that nobody has asked for."""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], Any]:
        return 200, {"Content-Encoding": "br"}, [{"id": 1}]


def test_init_goes_on_after_content_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maps.json").write_text(json.dumps(RAW), encoding="utf-8")

    with opened(Coded()) as url:
        code = main(["init", url, "--document", "maps.json"])

    assert code == 0
    assert (tmp_path / "bookplate.toml").is_file()
