"""The page of a run: safe whatever a server answered, complete, and sound without its script."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from .test_report import FINDINGS, write

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """What a reader of the page is given: its elements, their ids, its text."""

    def __init__(self, output: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.source = (output / "report.html").read_bytes().decode()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.elements if attribute in attributes]


def test_page_holds_what_a_server_answered_as_text(tmp_path: Path) -> None:
    write(tmp_path)
    page = Page(tmp_path)

    assert [tag for tag, _ in page.elements].count("script") == 1
    assert all(character.isprintable() or character in "\n\xa0" for character in page.source)
    assert "answered \\x00\\x1b[2J\\x9b31m\\ud800\\ufffe]]><script>&amp;\\u202e" in "".join(page.text)


def test_page_allows_its_own_style_and_script_alone(tmp_path: Path) -> None:
    write(tmp_path)
    page = Page(tmp_path)

    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    parts = re.findall(r"<(style|script)>(.*?)</\1>", page.source, re.DOTALL)
    own = [
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for kind, text in parts
    ]
    assert str(policy).split("; ") == ["default-src 'none'", *own, "base-uri 'none'", "form-action 'none'"]
    assert {"style", "src", "srcset", "action", "onclick", "onerror"}.isdisjoint(
        name for _, a in page.elements for name in a
    )
    assert {"link", "img", "iframe", "form"}.isdisjoint(tag for tag, _ in page.elements)
    assert "url(" not in page.source
    assert "@import" not in page.source


def test_every_finding_is_on_the_page_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    write(tmp_path)
    page = Page(tmp_path)

    text = "".join(page.text)
    for finding in json.loads((tmp_path / "report.json").read_text())["findings"]:
        assert finding["rule"] in text
        assert not finding["again"] or finding["again"] in text
        assert finding["verdict"] == "passed" or (finding["operation"] or "the document") in text
    assert "'A b' expired" in text
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    within = {link[1:] for link in page.values("href") if link.startswith("#")}
    assert within <= set(ids)
    assert all(link.startswith(("#", "https://www.rfc-editor.org/rfc/")) for link in page.values("href"))


def test_page_is_a_sound_outline_and_says_the_verdict_first(tmp_path: Path) -> None:
    write(tmp_path)
    page = Page(tmp_path)

    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))
    assert "<title>Not conformant: impl:create_app" in page.source
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table") == 2


def test_page_of_a_calm_run_is_the_same_each_time_and_short(tmp_path: Path) -> None:
    write(tmp_path / "one", FINDINGS[:1])
    write(tmp_path / "two", FINDINGS[:1])

    page = Page(tmp_path / "one")
    assert page.source == Page(tmp_path / "two").source
    assert "failures" not in page.values("id")
    assert "Nothing was checked" in (write(tmp_path, []) and Page(tmp_path).source)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: the page was not tried in a browser")
def test_browser_runs_the_script_that_the_policy_allows(tmp_path: Path) -> None:
    write(tmp_path)
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={tmp_path / 'browser'}",
    ]
    dumped = subprocess.run(
        [*command, "--dump-dom", (tmp_path / "report.html").as_uri()], capture_output=True, timeout=60, check=True
    )
    assert b'<button type="button" aria-label="Copy the command"' in dumped.stdout
