"""What browsers are shown: home, the documentation and the contract, and the way back for who is lost."""

import asyncio
import json
import re
from urllib.parse import urljoin

import pytest

from impl.contract.contract import Contract
from impl.edge import site
from impl.representation.answer import Field
from impl.representation.preconditions import strong_tag
from impl.request_context import RequestContext

from ..reference_server import read_document
from ..wire import Client, compose

HTML = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
PAGES = {"/": "text/html", "/docs": "text/html", "/openapi.json": "application/json"}
LINK = re.compile(r"(?:src|href)=\"([^\"]+)\"")
EXTERNAL = re.compile(r"(?:src|href|url|action)\s*[=(]\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_there(client: Client, path: str) -> None:
    """Each page has its media type, a strong ETag that answers 304, and no content for HEAD."""
    answer, head = client.ask("GET", path, None, HTML), client.ask("HEAD", path, None, HTML)
    again = client.ask("GET", path, None, HTML, f"If-None-Match: {answer.header('ETag')}")

    assert (answer.status, (answer.header("Content-Type") or "").split(";")[0]) == (200, PAGES[path])
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", str(len(answer.body)))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("accept", ["*/*", "text/*", "application/json", "text/plain", "image/png", ""])
def test_home_is_for_a_literal_text_html(client: Client, accept: str) -> None:
    """Who does not name text/html gets a 404 problem at the root, as at any unknown path."""
    fields = [f"Accept: {accept}"] if accept else []
    answers = [client.ask("GET", path, None, *fields) for path in ("/", "/nowhere", "/books")]

    assert [(answer.status, answer.code) for answer in answers] == [(404, "not_found")] * 3


@pytest.mark.parametrize("path", ["/nowhere", "/books/1", "/docs/nothing", "/index.html", "/apix", "/%61pix", "/a//b"])
def test_lost_browser_is_led_home(client: Client, path: str) -> None:
    """Outside the API a browser's GET is led to the home page, by a path that no Host field can bend."""
    answer = client.send(compose("GET", path, HTML).replace(b"Host: 127.0.0.1", b"Host: evil.example"))

    assert (answer.status, answer.header("Location"), answer.body) == (302, "/", b"")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/books/0x1", "/api//books", "/api/docs"])
def test_api_never_redirects(client: Client, path: str) -> None:
    """Below the base path an unknown address is a 404 problem, for browsers too."""
    answer = client.ask("GET", path, None, HTML)

    assert (answer.status, answer.code, answer.header("Location")) == (404, "not_found", None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/docs", "/nowhere"])
def test_writes_are_never_redirected(client: Client, method: str, path: str) -> None:
    """Only reads are led home: a write would lose its content on the way."""
    answer = client.ask(method, path, {"title": "lost"}, HTML)

    assert (answer.status, answer.code) == (404, "not_found")


def test_contract_is_served_as_it_is(client: Client) -> None:
    """/openapi.json is the document, member for member."""
    served = json.loads(client.ask("GET", "/openapi.json").body)
    document = read_document()
    # The server of these tests has a derived document, with higher limits and nothing else changed.
    assert served | {"x-rate-limit": None} == document | {"x-rate-limit": None}


def test_pages_need_no_network(client: Client) -> None:
    """Home and documentation load nothing from elsewhere, and all that they load is there."""
    loaded = {"/", "/docs"}
    for path in ("/", "/docs"):
        text = client.ask("GET", path, None, HTML).body.decode()
        loaded |= {urljoin(path, link) for link in LINK.findall(text) if not link.startswith("data:")}
        assert not EXTERNAL.search(text)
    answers = {path: client.ask("GET", path, None, HTML) for path in sorted(loaded)}
    own = [answers[path].body.decode() for path in answers if path.startswith("/pages/")]

    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert "/docs/swagger-ui-bundle.js" in answers
    assert not any("http://" in text or "https://" in text or "@import" in text for text in own)
    assert not EXTERNAL.search(answers["/docs/swagger-ui.css"].body.decode())


@pytest.mark.parametrize("path", PAGES)
def test_pages_may_load_from_here_alone(client: Client, path: str) -> None:
    """The content security policy names this server for everything and no script in the page itself."""
    answer = client.ask("GET", path, None, HTML)
    policy = dict(part.strip().split(" ", 1) for part in (answer.header("Content-Security-Policy") or "").split(";"))

    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert not re.search(r"https?:|\*", answer.header("Content-Security-Policy") or "")
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert b"<script>" not in answer.body
    assert answer.header("X-Request-Id")


def test_home_names_what_is_there(client: Client) -> None:
    """Every link of the home page leads to something."""
    text = client.ask("GET", "/", None, HTML).body.decode()
    links = [urljoin("/", link) for link in re.findall(r"<a href=\"([^\"]+)\"", text)]

    assert len(links) >= 3
    assert [client.ask("GET", link, None, HTML).status for link in links] == [200] * len(links)


async def statuses(pages: site.Site, path: str) -> list[int]:
    """Ask for a page by itself: GET, HEAD, and GET with a tag that matches."""
    asked: list[tuple[str, list[Field]]] = [("GET", []), ("HEAD", []), ("GET", [(b"if-none-match", b"*")])]
    answers = [pages.find_page(RequestContext(method, path, fields=fields)) for method, fields in asked]
    return [answer.status for answer in answers if answer]


def test_pages_are_hashed_once(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a page is asked for, its tag was made at the start, or with the first request below a prefix."""
    hashed: list[int] = []

    def counted(content: bytes) -> str:
        hashed.append(len(content))
        return strong_tag(content)

    monkeypatch.setattr(site, "strong_tag", counted)
    pages = site.Site(contract)
    paths = ["/docs", "/openapi.json", "/docs/swagger-ui-bundle.js", "/pages/home.css"]
    first = [asyncio.run(statuses(pages, path)) for path in paths]
    count = len(hashed)
    again = [asyncio.run(statuses(pages, path)) for path in paths * 3]

    assert first + again == [[200, 200, 304]] * 16
    assert len(hashed) == count
