"""The site that `tox -e docs-site` has built, in a browser: wide things scroll in themselves, and nothing is from afar."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from docs.build_site import SITE
from tests.browser.axe import grave_findings
from tests.browser.chromium import Tab, needs_chromium, tab

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not SITE.exists(), reason="NO SITE in build/site: `tox -e docs-site` builds it and looks at it"),
]
PAGES = ("index.html", "docs/command.html", "docs/x-keys.html", "docs/foreign-services.html", "docs/tutorial.html")


class Handler(SimpleHTTPRequestHandler):
    """Serves the site, and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_pages_fit_and_need_nobody_else(page: Tab, address: str, width: int, scheme: str) -> None:
    """No page is wider than its window, has a grave finding of axe-core, or asks another host for anything."""
    for name in PAGES:
        page.show(f"{address}/{name}", width=width, scheme=scheme)

        assert (name, page.overflow()) == (name, 0)
        assert (name, grave_findings(page)) == (name, [])
    assert page.complaints() == []
    assert [one for one in page.requested() if not one.startswith((f"{address}/", "about:", "blob:"))] == []


def test_search_finds_a_law(page: Tab, address: str) -> None:
    """What is typed into the search is found in the site, without another host."""
    page.show(f"{address}/index.html")
    page.evaluate("document.querySelector('.md-search__button').click()")
    page.wait_for("document.activeElement.tagName === 'INPUT' || document.activeElement.shadowRoot")
    page.call("Input.insertText", text="PAGE-03")
    found = "document.body.innerText + [...document.querySelectorAll('*')].map(e => e.shadowRoot?.textContent).join()"
    page.wait_for(f"/PAGE-03/.test({found})")

    assert page.complaints() == []
