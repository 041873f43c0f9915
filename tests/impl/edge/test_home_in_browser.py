"""The home page of the reference in a browser: it shows books, and nobody is left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.axe import judged
from tests.browser.chromium import Tab, needs_chromium, tab

from ..people import add_book, new_person
from ..reference_server import Server
from ..wire import Client

pytestmark = [needs_chromium, pytest.mark.long]
SHOWN = "document.querySelectorAll('#books li').length > 0"
LONG = "A title that is as long as some are: being an account of what happened on the way, and of what did not"


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(Path(tmp_path_factory.mktemp("browser"))) as page:
        yield page


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (400, "dark"),
        *(pytest.param(*each, marks=pytest.mark.nightly) for each in ((400, "light"), (1280, "dark"), (1280, "light"))),
    ],
)
def test_nobody_is_left_out(page: Tab, server: Server, client: Client, width: int, scheme: str) -> None:
    """axe-core finds nothing, whatever the width and the colours are, and the page is no wider than its window."""
    assert add_book(new_person(client).client, title=LONG).status == 201

    page.show(f"http://127.0.0.1:{server.port}/", width=width, scheme=scheme)
    page.wait_for(SHOWN)

    found = judged(page)
    assert found["violations"] == []
    assert found["passes"] > 10
    assert page.overflow() == 0
    assert page.complaints() == []


def test_axe_finds_what_is_wrong_here(page: Tab, server: Server) -> None:
    page.show(f"http://127.0.0.1:{server.port}/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert [name for name, _ in judged(page)["violations"]] == ["button-name"]
