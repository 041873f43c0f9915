"""The documentation of the reference in a browser: what it tells of each operation, to whom, and in which colours."""

import re
from collections.abc import Iterator

import pytest

from tests.browser.axe import grave_findings
from tests.browser.chromium import Tab, needs_chromium, tab

from ..reference_server import Server

pytestmark = [needs_chromium, pytest.mark.long]
READY = "document.querySelectorAll('.opblock').length > 20 && document.querySelector('#servers')"
# One of each method, and one without a token, one with a cache, one limited by tier.
OPENED = ("auth-log_in", "users-update_me", "books-list_books", "books-get_book_statistics", "books-replace_book")


@pytest.fixture(scope="module", name="page")
def _page(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("browser")) as page:
        page.show(f"http://127.0.0.1:{server.port}/docs")
        page.wait_for(READY)
        yield page


def opened(page: Tab, server: Server, *, width: int = 1280, scheme: str = "light") -> None:
    """Show the page, with some operations unfolded."""
    page.show("about:blank")
    page.show(f"http://127.0.0.1:{server.port}/docs", width=width, scheme=scheme)
    page.wait_for(READY)
    for operation in OPENED:
        page.evaluate(f"document.querySelector('#operations-{operation} .opblock-summary-control').click()")
        page.wait_for(f"document.querySelector('#operations-{operation} .responses-table')")


def facts(page: Tab, operation: str) -> dict[str, str]:
    """Return the facts that the page tells of an unfolded operation."""
    text = page.evaluate(f"document.querySelector('#operations-{operation} .opblock-description').innerText")
    return dict(re.findall(r"^(Access|Limits|Cache): (.+)$", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (400, "dark"),
        *(pytest.param(*each, marks=pytest.mark.nightly) for each in ((400, "light"), (1280, "dark"), (1280, "light"))),
    ],
)
def test_nobody_is_left_out(page: Tab, server: Server, scheme: str, width: int) -> None:
    """axe-core has no serious or critical finding, with operations unfolded, and the page is no wider than its window."""
    opened(page, server, width=width, scheme=scheme)

    assert grave_findings(page) == []
    assert page.overflow() == 0


def test_scheme_is_the_reader_s(page: Tab, server: Server) -> None:
    """Somebody who prefers a dark scheme gets one, also when that changes while the page is open."""
    colours = []
    for scheme in ("light", "dark"):
        page.show(f"http://127.0.0.1:{server.port}/docs", scheme=scheme)
        page.wait_for(READY)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    features = [{"name": "prefers-color-scheme", "value": "light"}]
    page.call("Emulation.setEmulatedMedia", features=features)

    assert colours == ["rgb(255, 255, 255)", "rgb(28, 32, 34)"]
    page.wait_for(f"getComputedStyle(document.body).backgroundColor === '{colours[0]}'")


def test_operations_tell_access_limits_and_cache(page: Tab, server: Server) -> None:
    """What the x- keys say of an operation stands in words above its parameters."""
    opened(page, server)

    assert facts(page, "users-update_me")["Access"] == "everybody who is signed in"
    assert facts(page, "books-replace_book")["Access"] == ("the owner of the item, role admin; all others get 403")
    assert re.match(r"\d+ requests in 60 s for each caller; \d+ requests in", facts(page, "books-list_books")["Limits"])
    assert "failures in 60 s for each account" in facts(page, "auth-log_in")["Limits"]
    assert re.match(r"\d+ \(free\), \d+ \(standard\)", facts(page, "books-get_book_statistics")["Limits"])
    assert facts(page, "books-get_book_statistics")["Cache"] == (
        "the service keeps an answer for 60 s; it may be 60 s behind"
    )
    assert facts(page, "books-list_books")["Cache"] == (
        "the service keeps an answer for 300 s; nocache goes around it for callers who are signed in"
    )
    assert facts(page, "auth-log_in") | {"Limits": ""} == {
        "Access": "everybody, without a token",
        "Limits": "",
        "Cache": "the service keeps no answer",
    }


def test_operation_can_be_tried(page: Tab, server: Server) -> None:
    """A request is sent from the page, under its content security policy, and its answer is shown."""
    opened(page, server)
    page.evaluate("document.querySelector('#operations-books-list_books .execute').click()")
    shown = "document.querySelector('#operations-books-list_books .live-responses-table')"
    page.wait_for(shown)

    assert "200" in page.evaluate(f"{shown}.innerText")
    assert page.complaints() == []
    own = (f"http://127.0.0.1:{server.port}/", "about:")
    assert [address for address in page.requested() if not address.startswith(own)] == []
