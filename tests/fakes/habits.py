"""Habits of conformant services: the same answers in other forms, which standards and the document leave open."""

import gzip
import hashlib
import json
import re
import time
import uuid
from typing import Any

from bookplate.faults.kit import Steps

from .variant import Answer, Asked

FIRST_ID, GAP, GREATEST, NOBODY = 10**6, 7, 2**53 - 1, 987654321
ITEM = re.compile(r"(?<=/)(books|users)/([1-9][0-9]*)(?=[/?>]|$)")
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
COMMA = re.compile(r', *(?=(?:[^"]*"[^"]*")*[^"]*$)')
SORT = re.compile(r"(?:^|&)sort=(-?created_at)(?=&|$)")
LISTS = (
    "allow",
    "link",
    "vary",
    "ratelimit",
    "ratelimit-policy",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
)
ODD, LONG = "a,b;c='W/{d}\\", "~" * 90
PAST, MADE = "Thu, 01 Jan 1970 00:00:00 GMT", "2026-01-02T03:04:05Z"
PHRASES = {413: "Payload Too Large", 414: "Request-URI Too Long", 422: "Unprocessable Entity"}
WORDS = "Hier geht es nicht weiter – please select another value from those that are listed in the manual."


# ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────────
def other_words(asked: Asked, answer: Answer) -> None:
    """Errors are told in words of another language, and ids of requests are UUIDs."""
    number = str(uuid.uuid4())
    answer.say("x-request-id", *([number] if answer.header("x-request-id") else []))
    if "problem" in answer.header("content-type"):
        answer.rewrite(lambda body: body | {"detail": WORDS, "request_id": number})


def ids_with_gaps(asked: Asked) -> Steps:
    """Ids begin at a million, and only every seventh is given."""

    def inside(found: re.Match[str]) -> str:
        number, rest = divmod(int(found[2]) - FIRST_ID, GAP)
        return found[0] if int(found[2]) > GREATEST else f"{found[1]}/{NOBODY if rest or number < 1 else number}"

    def outside(text: str) -> str:
        return ITEM.sub(lambda found: f"{found[1]}/{FIRST_ID + GAP * int(found[2])}", text)

    def renumbered(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: renumbered(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [renumbered(each) for each in value]
        link = isinstance(value, str) and name in ("self", "first", "last", "next", "prev")
        return FIRST_ID + GAP * value if name in ("id", "owner_id") else outside(value) if link else value

    asked.path = ITEM.sub(inside, asked.path)
    answer: Any = yield
    answer.rewrite(renumbered)
    for name in ("location", "link"):
        answer.change(name, outside)


def old_phrases(asked: Asked, answer: Answer) -> None:
    """Titles of errors are the phrases that their statuses had before RFC 9110."""
    if "problem" in answer.header("content-type"):
        answer.rewrite(lambda body: body | {"title": PHRASES.get(answer.status, body["title"])})


def longer_tokens(asked: Asked) -> Steps:
    """Refresh tokens say which kind they are."""
    asked.body = re.sub(rb'("refresh_token": ?)"rt_', rb'\1"', asked.body)
    answer: Any = yield
    answer.body = re.sub(rb'("refresh_token": ?)"', rb'\1"rt_', answer.body)


def other_cursors(asked: Asked) -> Steps:
    """A cursor is a short name for a place that the server keeps."""
    places = asked.memory.setdefault("places", {})
    asked.query = re.sub(r"(?<=\bcursor=)[0-9a-f]{12}(?=&|$)", lambda f: places.get(f[0], f[0]), asked.query)

    def named(body: dict[str, Any]) -> dict[str, Any]:
        name = hashlib.sha256(str(body.get("next_cursor")).encode()).hexdigest()[:12]
        places[name] = body.get("next_cursor")
        return body | ({"next_cursor": name} if body.get("next_cursor") else {})

    answer: Any = yield
    answer.rewrite(named)


def short_times(asked: Asked, answer: Answer) -> None:
    """Fractions of a second end with their last digit, or are left out."""
    answer.body = re.sub(rb'(:\d\d)(?:\.0*|(\.\d*?)0*)Z"', rb'\1\2Z"', answer.body)


def one_time(asked: Asked) -> Steps:
    """All was made in one second, so that its time of creation ties."""
    sort = SORT.search(asked.query) if asked.query.count("sort=") == 1 else None
    asked.query = asked.query.replace(sort[0], "").lstrip("&") if sort else asked.query
    answer: Any = yield
    answer.body = re.sub(rb'("created_at":\s*")[^"]*"', rb"\g<1>" + MADE.encode() + b'"', answer.body)
    if sort:
        answer.body = re.sub(rb'("/[^"?]*\?[^"]*)"', rb"\1&sort=" + sort[1].encode() + b'"', answer.body)
        answer.change("link", lambda value: value.replace(">", f"&sort={sort[1]}>"))


def other_json(asked: Asked, answer: Answer) -> None:
    """Members stand in another order, on lines of their own, and every character is escaped."""

    def escaped(found: re.Match[str]) -> str:
        octets = json.loads(found[0]).encode("utf-16-be").hex()
        return '"' + "".join(f"\\u{octets[at : at + 4]}" for at in range(0, len(octets), 4)) + '"'

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    if answer.body and "json" in answer.header("content-type"):
        text = json.dumps(turned(json.loads(answer.body)), indent="\t", separators=("\r\n,", " : "))
        answer.body = TEXT.sub(escaped, text).encode() + b"\n"
    answer.change("content-type", lambda value: value.replace("json", 'JSON ; Charset="UTF-8"').title())


# ── What stands around it ─────────────────────────────────────────────────────────────────────────────────────────────
def behind_a_proxy(asked: Asked, answer: Answer) -> None:
    """What stands in front of the service says what it thinks fit, some of it not every time."""
    asked.memory["answers"] = count = asked.memory.get("answers", 0) + 1
    kept = "hit" in answer.header("cache-status")
    asked.memory["pause"] = 0 if count % 4 else 0.02
    answer.headers += [
        ("via", "1.1 edge-7 (proxy)"),
        ("strict-transport-security", "max-age=31536000"),
        ("x-powered-by", "care"),
    ]
    answer.headers += [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'"),
        ("x-cache", "HIT" if kept else "MISS"),
    ]
    answer.headers += [("keep-alive", "timeout=5"), ("x-xss-protection", "0"), ("set-cookie", "lang=de; Path=/")]
    answer.headers += [] if answer.header("link") else [("link", '</openapi.json>; rel="service-desc"')]
    age = seconds_kept(asked, kept=kept)
    answer.headers += (
        [("age", f"{age}"), ("x-cache-hits", "1")] if kept else [("server-timing", f"db;dur={count / 7:.3f}")]
    )
    answer.headers += [("connection", "close")] if count % 3 == 0 else []
    answer.headers += (
        [("set-cookie", f"edge={count}; Path=/; HttpOnly; Secure; SameSite=Lax")] if count % 5 == 0 else []
    )
    if answer.status >= 400:
        answer.headers += [("cache-control", "private, max-age=0, no-cache"), ("expires", PAST), ("pragma", "no-cache")]


def seconds_kept(asked: Asked, *, kept: bool) -> int:
    """Return how many seconds ago the answer to a URL was made, as Age says it (RFC 9111, section 5.1)."""
    made = asked.memory.setdefault("made", {})
    url, now = (asked.path, asked.query), time.monotonic()
    if not kept:
        made[url] = now
    return int(now - made.get(url, now))


def packed(asked: Asked) -> Steps:
    """Content is compressed for whoever takes it so, and then has a tag of its own."""
    takes = "gzip" in asked.header("accept-encoding")
    asked.bend_tags(lambda value: value.replace('-gzip"', '"'))
    answer: Any = yield
    answer.headers.append(("vary", "Accept-Encoding"))
    if takes and answer.status in (200, 201, 304) and asked.method != "OPTIONS":
        answer.change("etag", lambda value: f'{value[:-1]}-gzip"')
    if takes and answer.body:
        answer.body = gzip.compress(answer.body, 1, mtime=0)
        answer.say("content-encoding", "gzip")


def without_lengths(asked: Asked, answer: Answer) -> None:
    """Content is sent in chunks, and HEAD tells only what costs nothing."""
    answer.say("content-length")
    if asked.method == "HEAD":
        answer.say("etag")
        answer.say("link")


def one_line_each(asked: Asked, answer: Answer) -> None:
    """What is a list stands in lines of their own, the last part first where the order says nothing."""
    for name in (*LISTS, "cache-control"):
        parts = [part for _, value in [p for p in answer.headers if p[0] == name] for part in COMMA.split(value)]
        answer.say(name, *(parts if name == "cache-control" else reversed(parts)))


def odd_tags(asked: Asked) -> Steps:
    """Entity tags are long, and made of every character that may stand in one."""
    asked.bend_tags(lambda value: value.replace(ODD, "").replace(LONG, ""))
    answer: Any = yield
    answer.change("etag", lambda value: f'"{ODD}{value[1:-1]}{LONG}"')


def other_links(asked: Asked, answer: Answer) -> None:
    """The parameters of a link stand in another order."""

    def turned(link: str) -> str:
        path, _, query = link.partition("?")
        return f"{path}?{'&'.join(reversed(query.split('&')))}"

    def relinked(body: dict[str, Any]) -> dict[str, Any]:
        links = body.get("links", {})
        return body | ({"links": {name: link and turned(link) for name, link in links.items()}} if links else {})

    answer.rewrite(relinked)
    answer.change("link", lambda value: re.sub("<([^>]*)>", lambda found: f"<{turned(found[1])}>", value))


def more_challenges(asked: Asked, answer: Answer) -> None:
    """A challenge has more parameters, and is not the only one."""
    answer.change("www-authenticate", lambda value: value + ', error_description="It ended, or never was, at all"')
    answer.headers += [("www-authenticate", 'DPoP algs="ES256 PS256"')] if answer.status == 401 else []


def open_to_all(asked: Asked, answer: Answer) -> None:
    """Pages of every origin may read, without credentials, and a preflight has content."""
    answer.say("access-control-allow-origin", "*")
    answer.say("access-control-allow-credentials")
    if asked.method == "OPTIONS" and answer.status == 204:
        answer.status = 200
        answer.headers += [("content-type", "text/plain"), ("access-control-allow-private-network", "true")]
        answer.body = b"Come in."


def one_method_allowed(asked: Asked, answer: Answer) -> None:
    """A preflight lists the one method that it was asked for."""
    if asked.method == "OPTIONS":
        method = asked.header("access-control-request-method")
        answer.change("access-control-allow-methods", lambda value: method)


def keys_told(asked: Asked, answer: Answer) -> None:
    """That an answer is the first one under its key is said too."""
    if answer.status == 201 and asked.header("idempotency-key") and not answer.header("idempotent-replayed"):
        answer.say("idempotent-replayed", "false")


# ── What nothing allows ───────────────────────────────────────────────────────────────────────────────────────────────
def careless_times(asked: Asked, answer: Answer) -> None:
    """All was made in one second, and ties are not in their order."""
    answer.body = re.sub(rb'("created_at": ?")[^"]*"', rb"\g<1>" + MADE.encode() + b'"', answer.body)


def careless_headers(asked: Asked, answer: Answer) -> None:
    """Methods are in small letters, tags are weak in a small one, and 304 says little."""
    answer.change("allow", str.lower)
    answer.change("etag", lambda value: f"w/{value}")
    answer.say("cache-control", *([] if answer.status == 304 else [answer.header("cache-control") or "no-cache"]))
