"""What people look at: a home page, the documentation, and the contract itself; none of it needs a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import orjson

from ..contract.contract import Contract
from ..representation.answer import Answer, Field
from ..representation.preconditions import matches, strong_tag
from ..request_context import RequestContext

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}
HOME, DOCUMENT = "/", "/openapi.json"
OWN_ASSETS = ("home.css", "home.js", "docs.css", "docs.js", "docs-facts.js", "docs-access.js")
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)
COMMON = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
]


@dataclass(frozen=True)
class Page:
    """One page with all that is sent of it, made once: hashing the largest takes longer than most operations do."""

    body: bytes
    tag: str
    fields: list[Field]
    fields_if_unchanged: list[Field]


class Site:
    """Answers outside the base path: a known page, or home for a browser that is lost (the single-page pattern)."""

    def __init__(self, contract: Contract) -> None:
        self.base_path = contract.base_path
        self.pages = dict(_pages())
        # Few proxies are trusted, and each serves this below one path.
        self.document = lru_cache(maxsize=8)(lambda prefix: _document(contract, prefix))

    def find_page(self, request: RequestContext) -> Answer | None:
        """Answer with a page, or lead a browser home; None where the API is asked."""
        if request.method not in ("GET", "HEAD") or self._is_of_the_api(request.path):
            return None
        fields = dict(request.fields)
        is_browser = b"text/html" in fields.get(b"accept", b"")
        page = self.document(request.prefix) if request.path == DOCUMENT else self.pages.get(request.path)
        if page and (is_browser or request.path != HOME):
            return _shown(page, fields.get(b"if-none-match", b"").decode("latin-1"))
        if not is_browser:
            return None
        return Answer(302, [(b"location", f"{request.prefix}{HOME}".encode())])

    def _is_of_the_api(self, path: str) -> bool:
        return path == self.base_path or path.startswith(f"{self.base_path}/")


def _shown(page: Page, condition: str) -> Answer:
    if condition and matches(condition, page.tag):
        return Answer(304, page.fields_if_unchanged)
    return Answer(200, page.fields, page.body)


def _document(contract: Contract, prefix: str) -> Page:
    """Return the contract, and where the client finds what it describes."""
    servers = [{**server, "url": prefix + server["url"]} for server in contract.raw["servers"]]
    return _page(".json", orjson.dumps({**contract.raw, "servers": servers}))


def _pages() -> Iterator[tuple[str, Page]]:
    # What they link to is relative to them, so that they work below any path prefix.
    own = files("impl.edge") / "pages"
    yield HOME, _file(own / "home.html")
    yield "/docs", _file(own / "docs.html")
    for name in OWN_ASSETS:
        yield f"/pages/{name}", _file(own / name)
    for name in ASSETS:
        yield f"/docs/{name}", _file(files("flask_swagger_ui") / "dist" / name)


def _file(file: Path | Traversable) -> Page:
    return _page(Path(file.name).suffix, file.read_bytes())


def _page(suffix: str, body: bytes) -> Page:
    tag = strong_tag(body)
    common = [(b"etag", tag.encode()), *COMMON]
    length = str(len(body)).encode()
    return Page(body, tag, [(b"content-type", TYPES[suffix].encode()), (b"content-length", length), *common], common)
