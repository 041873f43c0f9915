"""The page of a run: safe whatever a server answered, complete, and sound without its script."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from bookplate import __version__
from bookplate.laws.catalogue import Catalogue
from bookplate.laws.verdict import Finding, Verdict

from .test_report import FINDINGS, write


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
    outside = {link for link in page.values("href") if not link.startswith("#")}
    # Whoever has got this one file alone has all of it.
    assert all(link.startswith(("https://www.rfc-editor.org/rfc/", "https://owasp.org/")) for link in outside)
    assert {path.stem for path in (tmp_path / "rules").glob("*.html")} == {
        "AUTH-01",
        "PAGE-02",
        "ROBUST-01",
        "SCHEMA-01",
    }


def test_a_failure_has_the_page_of_its_law_within(tmp_path: Path) -> None:
    write(tmp_path)
    law = Catalogue.shipped()["ROBUST-01"]

    entry = Page(tmp_path).source.partition('id="cause-2"')[2].partition("</article>")[0]
    text = " ".join(re.sub("<[^>]*>", "", html.unescape(entry)).split())
    assert "ROBUST-01: why it matters, usual mistakes, how to mend it" in text
    for said in (law.why, law.mending, law.faults[0].description):
        assert " ".join(said.replace("`", "").split())[1:] in text


def test_the_laws_that_failed_are_linked_under_the_heading(tmp_path: Path) -> None:
    write(tmp_path)

    [named] = re.findall('<ul class="broken".*?</ul>', Page(tmp_path).source, re.DOTALL)
    assert re.findall('<a href="(.*?)">(.*?)</a>', named) == [("#cause-1", "CAMPAIGN"), ("#cause-2", "ROBUST-01")]


def test_page_says_when_how_long_and_by_which_command(tmp_path: Path) -> None:
    write(tmp_path)

    header = Page(tmp_path).source.partition("<header>")[2].partition("</header>")[0]
    for text in ("2026-11-30 12:00 UTC", "1.2 s", f"bookplate {__version__}", "bookplate check impl:create_app"):
        assert text in header


def test_rows_where_nothing_went_wrong_are_folded(tmp_path: Path) -> None:
    """One operation failed, one passed, and nothing was tried at the others."""
    write(tmp_path, [FINDINGS[0], Finding("SCHEMA-01", "replace_shelf", Verdict.FAILED, observed="x")])

    source = Page(tmp_path).source
    matrix = source.partition('<h2 id="matrix">')[2].partition("</section>")[0]
    shown, folded, empty = re.split("<summary>", matrix)
    assert ("replace_shelf" in shown, "create_shelf" in shown) == (True, False)
    assert folded.startswith("1 row where all that was tried held</summary>")
    assert "create_shelf" in folded
    assert re.match(r"\d+ operations where no rule was tried</summary>", empty)
    assert "<code>sign_up</code>" in empty
    assert "details open" not in matrix


def test_a_risk_of_owasp_is_named_and_linked(tmp_path: Path) -> None:
    write(tmp_path, [Finding("AUTHZ-01", "create_shelf", Verdict.FAILED, observed="x")])

    page = Page(tmp_path)
    assert "API1:2023 Broken Object Level Authorization" in "".join(page.text)
    assert "https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/" in page.values(
        "href"
    )


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
