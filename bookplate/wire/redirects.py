"""How a client follows a redirect (RFC 9110, section 15.4)."""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .exchange import Exchange, Headers

# What other software allows before it takes redirects for a loop is 20 or more; a service needs one or two.
MOST_REDIRECTS = 5
# 301 and 302 were meant to keep the method, and clients do not keep POST; 303 asks for GET; 307 and 308 keep all.
FOLLOWED = (301, 302, 303, 307, 308)
ABOUT_CONTENT = ("content-type", "content-length", "content-encoding", "content-language", "content-location")


class Onward(NamedTuple):
    """The request that a redirect asks for, at an address of the same origin."""

    method: str
    url: str
    headers: Headers
    body: bytes


def redirected(exchange: Exchange) -> Onward | None:
    """
    Return the request by which a client follows a redirect; None where it is none.

    None too where it leads to another origin (RFC 6454): credentials are not sent there, and nothing leaves this machine.
    """
    location = exchange.header("location")
    if exchange.status not in FOLLOWED or not location:
        return None
    url = urljoin(exchange.url, location)
    if origin(url) != origin(exchange.url):
        return None
    method = exchange.method
    becomes_get = exchange.status == 303 and method != "HEAD"
    if becomes_get or (exchange.status in (301, 302) and method == "POST"):
        kept = [pair for pair in exchange.request_headers if pair[0].lower() not in ABOUT_CONTENT]
        return Onward("GET", url, kept, b"")
    return Onward(method, url, exchange.request_headers, exchange.request_body)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL; the port that the scheme has by default where it names none."""
    split = urlsplit(url)
    usual = {"http": 80, "https": 443}
    return split.scheme, split.hostname or "", split.port or usual.get(split.scheme)
