"""Where a service shows its document: asked at the places that are common, and where its own links lead."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from .target.config import SetUpError
from .wire.connection import Admission
from .wire.links import links_of_field

# What frameworks serve without being told to: FastAPI, springdoc, Swashbuckle and swagger-ui, NestJS, ...
COMMON = (
    "/openapi.json",
    "/openapi.yaml",
    "/v3/api-docs",
    "/swagger.json",
    "/api-docs",
    "/docs/openapi.json",
    "/openapi",
    "/openapi.yml",
    "/api-docs.json",
    "/api/openapi.json",
    "/v1/openapi.json",
    "/swagger/v1/swagger.json",  # Swashbuckle
    "/swagger/doc.json",  # swag, of Go
    "/api/schema/",  # drf-spectacular
    "/q/openapi",  # Quarkus
    "/spec.json",
    "/__api__",
)
CATALOG = "/.well-known/api-catalog"  # RFC 9727, section 2: a linkset, RFC 9264
RELATIONS = ("service-desc", "service-doc")  # RFC 8631, sections 4.1 and 4.2: for programs, and for people
MOST_REDIRECTS = 5
# A key at the left edge of a line of YAML, or the first of a JSON object.
VERSION = re.compile(r"""(?:^|\A\s*\{\s*)["']?(openapi|swagger)["']?\s*:\s*["']?(\d)""", re.MULTILINE)
REDIRECTS = (301, 302, 303, 307, 308)
HEAD = 4096  # characters of a text in which it says what it is


class Page(NamedTuple):
    """What a service answered to a GET: the status, its headers with lower-case names, and the text of the body."""

    status: int
    headers: dict[str, str]
    text: str


# Gets a URL; None where no answer came.
Get = Callable[[str], Page | None]


@contextmanager
def asking(admission: Admission) -> Iterator[Get]:
    """Give what gets a page of a service; each request counts among those of the run."""
    from .wire.transport import getter  # httpx takes longer to import than all laws together

    with getter(admission.connection) as get:

        def page(url: str) -> Page | None:
            admission.note()
            answer = get(url)
            return answer and Page(answer.status, dict(answer.headers), answer.body.decode("utf-8", "replace"))

        yield page


def find_document(url: str, get: Get) -> str:
    """
    Return the URL at which a service shows its OpenAPI document.

    Places are tried below the path of `url` first, then at the root of its host, then where the service's own links lead:
    those of its first page with the relations of RFC 8631, as a Link header, in HTML or in JSON, and its API catalog
    (RFC 9727). Nothing but GET is sent, and to its own host alone. A document of Swagger 2.0 counts where there is none
    of OpenAPI 3. Raises SetUpError, which names the places, where none shows a document.
    """
    asked: list[str] = []
    old: list[str] = []
    for place in places(url, get):
        if place in asked:
            continue
        asked.append(place)
        there, page = followed(place, get)
        version = version_of(page) if page is not None else None
        if version == "openapi":
            return there
        if version == "swagger":
            old.append(there)
    if old:
        return old[0]
    paths = ", ".join(dict.fromkeys(urlsplit(place).path for place in asked))
    raise SetUpError(
        f"{url} shows no OpenAPI document at {paths}, and no link or API catalog leads to one: "
        "name yours with --document FILE or URL"
    )


def followed(place: str, get: Get) -> tuple[str, Page | None]:
    """Return what a place shows, and the URL that showed it: redirects are followed within its own host."""
    for _ in range(MOST_REDIRECTS):
        page = get(place)
        target = page.headers.get("location") if page is not None and page.status in REDIRECTS else None
        there = joined(place, target) if target else ""
        if not is_same_host(there, place):
            return place, page
        place = there
    return place, None


def places(url: str, get: Get) -> Iterator[str]:
    """Yield where a document may be: the common places, then those that the service itself names."""
    roots = list(dict.fromkeys([url.rstrip("/"), urljoin(url, "/").rstrip("/")]))
    for root in roots:
        yield from (root + path for path in COMMON)
    for root in roots:
        there, first = followed(root + "/", get)
        if first is not None:
            yield from (at_this_host(joined(there, target), url) for target in linked_on(first))
    for root in roots:
        there, catalog = followed(root + CATALOG, get)
        if catalog is not None and catalog.status == 200:
            yield from (at_this_host(joined(there, target), url) for target in catalogued(catalog.text))


def joined(base: str, target: str) -> str:
    """Return the URL that a reference leads to (RFC 3986, section 5.2); the base itself where it is no reference."""
    try:
        return urljoin(base, target)
    except ValueError:
        return base


def at_this_host(place: str, url: str) -> str:
    """Return a place at the host of a URL: a service writes its public address into its links, wherever it runs."""
    here = urlsplit(url)
    return urlsplit(place)._replace(scheme=here.scheme, netloc=here.netloc).geturl()


def version_of(page: Page) -> str | None:
    """Return what a page is, `openapi` for version 3 or `swagger` for version 2; None where it is another text."""
    if page.status != 200:
        return None
    found = VERSION.search(page.text[:HEAD])
    major = found[2] if found else major_of_json(page.text)
    return {"3": "openapi", "2": "swagger"}.get(major)


def major_of_json(text: str) -> str:
    """Return the major version of a JSON document that names it far from its beginning; empty where there is none."""
    root = parsed(text)
    named = [root.get(key) for key in ("openapi", "swagger")] if isinstance(root, dict) else []
    return next((name[:1] for name in named if isinstance(name, str)), "")


def linked_on(page: Page) -> list[str]:
    """Return the targets that a page links to as its description, those for programs first."""
    found = [*links_of_field(page.headers.get("link", "")), *of_html(page.text), *of_json(page.text)]
    return [target for relation in RELATIONS for name, target in found if relation in name.lower().split()]


def of_html(text: str) -> list[tuple[str, str]]:
    """Return the relations and the target of each link of a page in HTML; none where it is another text."""
    parser = HtmlLinks()
    if text.lstrip().startswith("<"):
        parser.feed(text)
    return parser.found


class HtmlLinks(HTMLParser):
    """Collects the relations and the target of each `link` and `a`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in ("link", "a") and attributes.get("rel") and attributes.get("href"):
            self.found.append((attributes["rel"] or "", attributes["href"] or ""))


def of_json(text: str) -> Iterator[tuple[str, str]]:
    """Yield the relation and the target of each of the `links` of a page in JSON (OGC API - Common, part 1, section 7)."""
    root = parsed(text)
    links = root.get("links") if isinstance(root, dict) else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str):
            yield link["rel"], link["href"]


def parsed(text: str) -> Any:
    """Return what a text in JSON says; None where it is another text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def catalogued(text: str) -> Iterator[str]:
    """Yield the targets that a linkset in JSON (RFC 9264, section 4.2) gives with the relation service-desc."""
    root = parsed(text)
    contexts = root.get("linkset") if isinstance(root, dict) else None
    for context in contexts if isinstance(contexts, list) else []:
        for target in targets(context):
            if isinstance(target, dict) and isinstance(target.get("href"), str):
                yield target["href"]


def targets(context: Any) -> list[Any]:
    found = context.get(RELATIONS[0], []) if isinstance(context, dict) else []
    return found if isinstance(found, list) else []


def is_same_host(place: str, url: str) -> bool:
    there, here = urlsplit(place), urlsplit(url)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)
