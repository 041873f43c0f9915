"""The TypeScript client on a page of another origin, in Chromium."""

import re
from pathlib import Path

from sdk.generate import ROOT
from tests.browser.chromium import needs_chromium, tab
from tests.sdk.conftest import Site, bundled


@needs_chromium
def test_a_page_signs_in_writes_and_walks(
    site: Site, base_url: str, installed_typescript: Path, tmp_path: Path
) -> None:
    bundled(ROOT / "tests" / "sdk" / "browser_page.js", site.folder / "page.js", installed_typescript)
    html = "<!doctype html><title>A page</title><script type=module src=page.js></script>"
    (site.folder / "index.html").write_text(html, encoding="utf-8")

    with tab(tmp_path) as page:
        page.show(f"{site.origin}/index.html")
        page.wait_for("globalThis.visit")
        outcome = page.evaluate(f"visit('{base_url}')")
        asked = page.requested()

    request_id = outcome["refused"].pop()
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", request_id)
    assert re.fullmatch(r'"[^"]+"', outcome.pop("tag"))
    assert outcome == {
        "price": "6.00",
        "refused": [412, "precondition_failed"],
        "pages": [2, 2, 1],
        "aborted": "the page was left",
        "blocked": True,
    }
    assert {address.split("/")[2] for address in asked} == {
        site.origin.split("/")[2],
        base_url.split("/")[2],
        "127.0.0.1:9",
    }
