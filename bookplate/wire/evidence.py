"""What a report says of an exchange."""

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .exchange import Exchange, Headers
from .shape import shape_of

# Takes the secrets that are known out of a text.
Redact = Callable[[str], str]

FIRST_ERROR = 400
BETWEEN = "\x00\ue000\x00"  # texts that are searched together
# Content that is longer is not read for secrets, and so not shown; of what is read, no more than that is shown.
LONGEST_READ = 262_144
LONGEST_SHOWN = 16_384
# A flood of requests shows the same again and again: so many of the last ones have their header fields and content.
MOST_IN_FULL = 20
HIDDEN = "$HIDDEN"
# Words in the names of what keeps a secret, and of what has such a word in its name and keeps none.
SECRET = "pass(?:word|wd|phrase|code)|secret|credential|token|api[_-]?key|session[_-]?id"
HARMLESS = re.compile(r"page|next|prev|cursor|continu|token[_-]?type|token[_-]?url|expire", re.IGNORECASE)
# Names are short: without a bound, long content would take a time that grows with its square.
AROUND = r'(?:[^"\\]|\\.){0,60}?'
MEMBER = re.compile(rf'"({AROUND}(?:{SECRET}){AROUND})"(\s*:\s*)"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
BESIDE = r"[^?&=;\s\"]{0,60}?"
PAIR = re.compile(rf"(?<![^?&;\s])({BESIDE}(?:{SECRET}){BESIDE})=([^&;#\s\"]+)", re.IGNORECASE)
FIELD = re.compile(
    rf"{SECRET}|cookie|auth(?!enticat)|session|(?<!idempotency)-key$|^key$|sign(?:ed|ature)", re.IGNORECASE
)
ORIGIN = re.compile(r"(?P<scheme>https?://)(?:[^/?#@]*@)?(?P<host>[^/?#@]*)", re.IGNORECASE)
# A value that has given way to the name of a variable, such as `Bearer ${TOKEN_A}`, tells who called and no secret.
NAMED = re.compile(r"(?:\w+ )?\$\{?\w+\}?")


def evidence_of(exchanges: Sequence[Exchange], redacted: Redact = str) -> list[dict[str, Any]]:
    """
    Return what a report says of exchanges; `redacted` takes the secrets that are known out of a text.

    `operation` is the id of the operation that was called, None where that is none. `said` is what an error says, without
    what varies from one answer to the next. The last ones have what was `sent` and `received` in full, without what may be
    a secret by its name.
    """
    shown = [in_short(exchange, redacted) for exchange in exchanges]
    for place, told in zip(shown[-MOST_IN_FULL:], in_full(exchanges[-MOST_IN_FULL:], redacted), strict=True):
        place.update(told)
    return shown


def in_short(exchange: Exchange, redacted: Redact) -> dict[str, Any]:
    """Return what tells an exchange from others."""
    return {
        "method": exchange.method,
        "url": without_pairs(redacted(exchange.url)),
        "status": exchange.status,
        "operation": exchange.operation_id,
        "media_type": exchange.media_type,
        "said": redacted(shape_of(exchange)) if exchange.status >= FIRST_ERROR else "",
    }


def in_full(exchanges: Sequence[Exchange], redacted: Redact) -> Iterator[dict[str, Any]]:
    """
    Yield where each exchange was sent, when it began and how long it took, with header fields and content of both sides.

    Thousands of values may be known by then, so that all texts are searched for them at once.
    """
    texts = [text for exchange in exchanges for text in texts_of(exchange)]
    clean = iter(all_redacted(texts, redacted))
    for exchange in exchanges:
        started = datetime.datetime.fromtimestamp(exchange.ended - exchange.seconds, datetime.UTC)
        yield {
            "address": origin(exchange.url) + without_pairs(next(clean)),
            "started": started.isoformat(timespec="milliseconds"),
            "seconds": round(exchange.seconds, 6),
            "sent": message(exchange.request_headers, exchange.request_body, clean),
            "received": message(exchange.headers, exchange.body, clean),
        }


def texts_of(exchange: Exchange) -> Iterator[str]:
    """Yield the texts of an exchange that may hold a secret: its URL behind the server's name, and both messages."""
    found = ORIGIN.match(exchange.url)
    yield exchange.url[found.end() :] if found else exchange.url
    for headers, body in ((exchange.request_headers, exchange.request_body), (exchange.headers, exchange.body)):
        yield from (value for _, value in headers)
        yield body.decode("utf-8", "backslashreplace") if len(body) <= LONGEST_READ else ""


def origin(url: str) -> str:
    """Return the scheme, name and port of a URL, which are no secret, without user and password; empty where it has none."""
    found = ORIGIN.match(url)
    return f"{found['scheme']}{found['host']}" if found else ""


def all_redacted(texts: Sequence[str], redacted: Redact) -> list[str]:
    """Return texts without the secrets that are known; a text may hold anything, also what stands between two of them."""
    together = redacted(BETWEEN.join(texts)).split(BETWEEN)
    return together if len(together) == len(texts) else [redacted(text) for text in texts]


def message(headers: Headers, body: bytes, clean: Iterator[str]) -> dict[str, Any]:
    """
    Return header fields and content as text, of which `clean` has the values in their order.

    Bytes that are no UTF-8 stand as escapes; `bytes` counts them all.
    """
    return {
        "headers": [[name, field_value(name, next(clean))] for name, _ in headers],
        "bytes": len(body),
        "body": without_members(next(clean))[:LONGEST_SHOWN],
    }


def field_value(name: str, value: str) -> str:
    """Return the value of a header field, hidden where its name says that it is a secret and no variable stands for it."""
    is_secret = FIELD.search(name) is not None
    return HIDDEN if is_secret and not NAMED.fullmatch(value) else value


def without_members(text: str) -> str:
    """Return a text with the values hidden of members of JSON and of a form whose names say that they are secrets."""
    return without_pairs(MEMBER.sub(hidden_member, text))


def without_pairs(text: str) -> str:
    """Return a text with the values hidden of pairs of a form or a query whose names say that they are secrets."""
    return PAIR.sub(hidden_pair, text)


def hidden_member(found: re.Match[str]) -> str:
    name, colon, value = found.groups()
    return found[0] if is_harmless(name, value) else f'"{name}"{colon}"{HIDDEN}"'


def hidden_pair(found: re.Match[str]) -> str:
    name, value = found.groups()
    return found[0] if is_harmless(name, value) else f"{name}={HIDDEN}"


def is_harmless(name: str, value: str) -> bool:
    """Whether a value is no secret, as its name says, or as a variable stands for it."""
    return HARMLESS.search(name) is not None or NAMED.fullmatch(value) is not None
