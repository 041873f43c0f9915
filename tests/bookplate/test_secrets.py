"""Secrets that the user gives are sent, and stand in nothing that is written or printed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bookplate.cli import main
from tests.fakes.doors import BY_FORM, Doors, opened

PASSWORD = "hünter2 of ada"
KEY = "key-of-ada/4711+x"
# What a request shows of them: as they are, in JSON, in a form, in a URL, in base64.
SPELLINGS = ("hünter2", "h\\u00fcnter2", "h%C3%BCnter2", "YWRhQGV4YW1wbGUuY29tOmjDvG50ZXIy", "4711", "a-tenant")


def with_files(folder: Path) -> list[str]:
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (folder / "bookplate.toml").write_text(
        'document = "items.json"\n[accounts]\na = {username = "ada@example.com", password = "@password"}\n',
        encoding="utf-8",
    )
    return ["--config", str(folder / "bookplate.toml")]


GIVEN: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "basic by --auth": ("basic", lambda folder: ["--auth", f"ada@example.com:{PASSWORD}"]),
    "a log-in by a form, from a file": ("session", with_files),
    "a key in the query": ("query-key", lambda folder: ["--bearer", "$KEY_OF_ADA"]),
    "a key in a header": ("header-key", lambda folder: ["-H", f"X-Key: {KEY}", "-H", "X-Tenant: a-tenant"]),
    "a flow of OAuth 2": ("oauth", with_files),
}


@pytest.mark.parametrize("given", GIVEN)
def test_no_report_shows_a_secret(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEY_OF_ADA", KEY)
    scheme, arguments = GIVEN[given]
    doors = Doors([{scheme: []}], forgets=True)
    document = doors.write(tmp_path, **({"form": BY_FORM} if scheme == "session" else {}))
    laws = ["--rule", "STATE-01", "--rule", "SPEC-03"]
    if scheme == "basic":  # requests are generated too, in a process of their own
        laws += ["--rule", "AUTH-01", "--max-examples", "2"]
    output = tmp_path / "reports"

    with opened(doors) as url:
        place = ["--document", str(document), "--output", str(output), "--operation", "make_item"]
        code = main([url, *place, *laws, *arguments(tmp_path)])

    said = capfd.readouterr()
    written = [path.read_text(encoding="utf-8", errors="replace") for path in output.rglob("*") if path.is_file()]
    assert code == 1
    assert any("STATE-01" in text and "curl" in text for text in written)
    # The check means something: there are exchanges in full, and each form of the report was read.
    entries = json.loads((output / "report.har").read_text(encoding="utf-8"))["log"]["entries"]
    assert "POST" in {entry["request"]["method"] for entry in entries}
    assert {"report.sarif", "report.md", "junit.xml"} <= {path.name for path in output.iterdir()}
    assert "--operation make_item" in json.loads((output / "report.json").read_text(encoding="utf-8"))["command"]
    for text in (said.out, said.err, *written):
        assert [spelling for spelling in SPELLINGS if spelling in text] == []
