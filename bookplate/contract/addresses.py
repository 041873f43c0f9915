"""Addresses of files: how references name them, and where they are read from."""

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from .reading import is_url


class Elsewhere(Exception):
    """A reference leads to another host, which nobody has asked to be read."""


def url_of(location: str) -> str:
    """Return the URL of a file or of a document that was read from a URL."""
    return canonical(location if is_url(location) else Path(os.path.abspath(location)).as_uri())


def is_address(text: str) -> bool:
    """Tell whether a text can be read as a URL or a relative reference (RFC 3986, section 4.1)."""
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True


def canonical(url: str) -> str:
    """Return a URL with its path written in one way: `a b` and `a%20b` name one file."""
    split = urlsplit(url)
    return urlunsplit(split._replace(path=quote(unquote(split.path), safe="/~!$&'()*+,;=:@"), fragment=""))


def location_of(url: str, beside: str) -> str:
    """
    Return where to read a file from that a document, which was read `beside` it, names by its URL.

    Raises Elsewhere for another host: only what stands where the document stands is read.
    """
    wanted, home = urlsplit(url), urlsplit(url_of(beside))
    if (wanted.scheme, wanted.netloc) != (home.scheme, home.netloc):
        raise Elsewhere(f"is not read from {wanted.netloc or wanted.scheme}: save it beside the document")
    if is_url(beside):
        return url
    return os.path.normpath(Path(beside).parent / name_of(url, beside))


def name_of(url: str, beside: str) -> str:
    """Return the path of a file from the folder of a document."""
    folder = os.path.dirname(unquote(urlsplit(url_of(beside)).path))
    return os.path.relpath(unquote(urlsplit(url).path), folder)
