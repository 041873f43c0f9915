"""Where a document says that it is served (OpenAPI 3.0.3, section 4.7.5, and 3.1, section 4.8.5, Server Object)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from .reading import is_url
from .source import Source

VARIABLE = re.compile(r"\{([^{}]*)\}")
SOMEWHERE = "http://localhost/"  # what relative addresses are relative to, in a document from a file


@dataclass(frozen=True)
class Server:
    """A server by its URL, variables filled in and made absolute; its path has no slash at the end."""

    url: str

    @property
    def path(self) -> str:
        """The path that operations stand below."""
        return path_of(self.url)


def servers_of(source: Source, holder: Mapping[str, Any]) -> tuple[Server, ...]:
    """Return the `servers` of the root, a path item or an operation; of the root, `/` where it has none."""
    listed = [node for node in source.listed(holder.get("servers")) if isinstance(node, dict) and "url" in node]
    if not listed and holder is source.raw:
        listed = [{"url": "/"}]
    home = source.location if is_url(source.location) else SOMEWHERE
    return tuple(Server(joined(home, filled(node))) for node in listed)


def filled(server: Mapping[str, Any]) -> str:
    """Return the URL of a server with the defaults of its variables, or else the first values that they may have."""
    variables = server.get("variables")
    variables = variables if isinstance(variables, dict) else {}

    def value(match: re.Match[str]) -> str:
        declared = variables.get(match[1])
        declared = declared if isinstance(declared, dict) else {}
        values = declared.get("enum")
        first = values[0] if isinstance(values, list) and values else ""
        return str(declared.get("default", first))

    return VARIABLE.sub(value, str(server["url"]))


def joined(home: str, url: str) -> str:
    try:
        return urljoin(home, url)
    except ValueError:  # no URL at all
        return home


def path_of(url: str) -> str:
    """Return the path of a URL without a slash at the end."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def origin_of(url: str) -> tuple[str, str]:
    """Return scheme and host of a URL, in lower case."""
    split = urlsplit(url)
    return split.scheme.lower(), split.netloc.lower()


def base_path(servers: Iterable[Server], target: str) -> str:
    """
    Return the path that operations stand below at a target.

    A path in the target's URL is what the user means. Without one, it is the path of the server at the same host, and of
    the first server where none is.
    """
    servers = [*servers]
    if path_of(target):
        return path_of(target)
    at_target = [server for server in servers if target and origin_of(server.url) == origin_of(target)]
    return (at_target or servers)[0].path


def own_base_path(
    source: Source, holders: Iterable[Mapping[str, Any]], servers: tuple[Server, ...], target: str
) -> str | None:
    """
    Return the path that an operation stands below by servers of its own; None where it has none.

    `holders` are the operation and its path item, the nearest of which counts. The servers are taken to be at the target's
    host. Where the target's URL has a path of its own, it stands in place of the document's base path.
    """
    own = next((found for holder in holders if (found := servers_of(source, holder))), ())
    if not own:
        return None
    path = base_path(own, "")
    here, documented = base_path(servers, target), servers[0].path
    is_below = path == documented or path.startswith(f"{documented}/")
    return here + path.removeprefix(documented) if is_below else path
