"""Where a service shows its document: asked at the places that are common, and where its own links lead."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from .target.config import SetUpError

# What frameworks serve without being told to: FastAPI, springdoc, Swashbuckle and swagger-ui, NestJS and others.
COMMON = ("/openapi.json", "/openapi.yaml", "/v3/api-docs", "/swagger.json", "/api-docs", "/docs/openapi.json")
CATALOG = "/.well-known/api-catalog"  # RFC 9727, section 2: a linkset, RFC 9264
RELATION = "service-desc"  # RFC 8631, section 4
# A key at the left edge of a line of YAML, or the first of a JSON object.
VERSION = re.compile(r"""(?:^|\A\s*\{\s*)["']?(openapi|swagger)["']?\s*:\s*["']?(\d)""", re.MULTILINE)
LINK = re.compile(r"<([^>]*)>([^<]*)")
HEAD = 4096  # characters of a text in which it says what it is


class Page(NamedTuple):
    """What a service answered to a GET: the status, its headers with lower-case names, and the text of the body."""

    status: int
    headers: dict[str, str]
    text: str


# Gets a URL; None where no answer came.
Get = Callable[[str], Page | None]


def find_document(url: str, get: Get) -> str:
    """
    Return the URL at which a service shows its OpenAPI document.

    Places are tried below the path of `url` first, then at the root of its host, then where the service's own links lead:
    `Link: rel="service-desc"` of its first page (RFC 8631) and its API catalog (RFC 9727). Nothing but GET is sent, and
    to its own host alone. Raises SetUpError, which names the places, where none shows a document.
    """
    asked: list[str] = []
    old: list[str] = []
    for place in places(url, get):
        if place in asked or not is_same_host(place, url):
            continue
        asked.append(place)
        page = get(place)
        version = version_of(page) if page is not None else None
        if version == "openapi":
            return place
        if version == "swagger":
            old.append(place)
    if old:  # reading it says how to convert it
        return old[0]
    paths = ", ".join(dict.fromkeys(urlsplit(place).path for place in asked))
    raise SetUpError(
        f"{url} shows no OpenAPI document at {paths}, and no link or API catalog leads to one: "
        "name yours with --document FILE or URL"
    )


def places(url: str, get: Get) -> Iterator[str]:
    """Yield where a document may be: the common places, then those that the service itself names."""
    roots = list(dict.fromkeys([url.rstrip("/"), urljoin(url, "/").rstrip("/")]))
    for root in roots:
        yield from (root + path for path in COMMON)
    for root in roots:
        first = get(root + "/")
        if first is not None:
            yield from (urljoin(root + "/", target) for target in linked(first.headers.get("link", "")))
    for root in roots:
        catalog = get(root + CATALOG)
        if catalog is not None and catalog.status == 200:
            yield from (urljoin(root + CATALOG, target) for target in catalogued(catalog.text))


def version_of(page: Page) -> str | None:
    """Return what a page is, `openapi` for version 3 or `swagger` for version 2; None where it is another text."""
    if page.status != 200:
        return None
    found = VERSION.search(page.text[:HEAD])
    major = found[2] if found else major_of_json(page.text)
    return {"3": "openapi", "2": "swagger"}.get(major)


def major_of_json(text: str) -> str:
    """Return the major version of a JSON document that names it far from its beginning; empty where there is none."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    named = [root.get(key) for key in ("openapi", "swagger")] if isinstance(root, dict) else []
    return next((name[:1] for name in named if isinstance(name, str)), "")


def linked(header: str) -> Iterator[str]:
    """Yield the targets that a Link header (RFC 8288) gives with the relation service-desc."""
    for target, parameters in LINK.findall(header):
        relations = re.search(r'rel\s*=\s*"?([^";,]*)"?', parameters, re.IGNORECASE)
        if relations and RELATION in relations[1].lower().split():
            yield target


def catalogued(text: str) -> Iterator[str]:
    """Yield the targets that a linkset in JSON (RFC 9264, section 4.2) gives with the relation service-desc."""
    try:
        contexts = json.loads(text)["linkset"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return
    for context in contexts if isinstance(contexts, list) else []:
        for target in targets(context):
            if isinstance(target, dict) and isinstance(target.get("href"), str):
                yield target["href"]


def targets(context: Any) -> list[Any]:
    found = context.get(RELATION, []) if isinstance(context, dict) else []
    return found if isinstance(found, list) else []


def is_same_host(place: str, url: str) -> bool:
    there, here = urlsplit(place), urlsplit(url)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)
