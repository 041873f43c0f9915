"""The shape of an error: what its content says, without what varies from one answer to the next."""

import html
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .exchange import Exchange

MOST_READ = 20_000  # characters of content that are looked at
LONGEST_LINE = 500  # of it that are told apart
LONGEST = 200
SHORTEST_WORD = 3  # of what was sent and stands in a message without quotes; a shorter one may stand there by chance
LONGEST_WORD = 100
MOST_VALUES = 50
DEEPEST = 3
VARIES = "#"

TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
INVISIBLE = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
TRACE = "Traceback (most recent call last)"
# A quotation, or what stands between blanks.
PIECE = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"|[^\s\"]+")
WORD = re.compile(r"[\w.-]+")
NAME = re.compile(r"[A-Za-z_$/][\w.$/ -]*")
# The words of errors that say no more than that there was one.
SAYING_NOTHING = frozenset(
    [
        "a",
        "about",
        "again",
        "an",
        "and",
        "at",
        "bad",
        "blank",
        "code",
        "contact",
        "could",
        "detail",
        "details",
        "encountered",
        "error",
        "errors",
        "exception",
        "failed",
        "fault",
        "gateway",
        "has",
        "have",
        "internal",
        "later",
        "message",
        "msg",
        "no",
        "not",
        "occurred",
        "of",
        "on",
        "our",
        "path",
        "please",
        "problem",
        "processing",
        "reason",
        "request",
        "sorry",
        "server",
        "service",
        "some",
        "something",
        "status",
        "statuscode",
        "success",
        "team",
        "temporarily",
        "the",
        "there",
        "this",
        "timestamp",
        "title",
        "trace",
        "traceid",
        "try",
        "type",
        "unable",
        "unavailable",
        "unexpected",
        "unhandled",
        "unknown",
        "us",
        "was",
        "we",
        "went",
        "while",
        "with",
        "wrong",
        "you",
        "your",
        "false",
        "true",
        "null",
    ]
)


def shape_of(answer: Exchange) -> str:
    """
    Return what the content of an error says, the same for all answers that differ in values alone.

    Left out are numbers, ids, addresses and what the request sent. An object is told as `name: text; name: text`.
    """
    sent = sorted(set(itertools.islice(values_sent(answer), MOST_VALUES)), key=len, reverse=True)
    content = answer.json_or_none()
    if content is None:
        told = steady(message_in(answer.body.decode("utf-8", "replace")[:MOST_READ]), sent)
    else:
        told = told_by(content, sent)
    return " ".join(told.split())[:LONGEST]


def says_something(shape: str) -> bool:
    """Whether an error says what went wrong, and not only that something did."""
    words = {word.lower() for word in re.findall(r"[^\W\d_]+", shape)}
    return not words <= SAYING_NOTHING


def telling(shape: str) -> str:
    """Return the part of a shape that says what went wrong."""
    return "; ".join(part for part in shape.split("; ") if says_something(part))


def told_by(node: Any, sent: Sequence[str], depth: int = 0) -> str:
    """Return what a JSON value says, without what varies."""
    if isinstance(node, dict) and depth < DEEPEST:
        # What an error consists of is called as it is, whatever a request has sent.
        echoed = sent if depth else ()
        return "; ".join(f"{steady(name, echoed)}: {told_by(node[name], sent, depth + 1)}" for name in sorted(node))
    if isinstance(node, list) and depth < DEEPEST:
        return told_by(node[0], sent, depth + 1) if node else "nothing"
    if isinstance(node, str):
        return steady(message_in(node[:MOST_READ]), sent)
    return VARIES if isinstance(node, dict | list | int | float) and not isinstance(node, bool) else json.dumps(node)


def message_in(text: str) -> str:
    """Return the line of a text that says most: the title of a page, the last line of a stack trace, else the first one."""
    title = TITLE.search(text)
    visible = html.unescape(title[1] if title else INVISIBLE.sub(" ", text) if "<" in text else text)
    lines = [line.strip() for line in visible.splitlines() if line.strip()]
    if not lines:
        return ""
    return lines[-1] if TRACE in text and not title else lines[0]


def steady(text: str, sent: Sequence[str] = ()) -> str:
    """Return a text with a mark in place of each value that was sent, of numbers, ids and addresses."""
    text = text[:LONGEST_LINE]
    for value in sent:
        for quoted in (f"'{value}'", f'"{value}"', repr(value), json.dumps(value)):
            text = text.replace(quoted, VARIES)
        if SHORTEST_WORD <= len(value) <= LONGEST_WORD:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", VARIES, text)
    return PIECE.sub(steady_piece, text)


def steady_piece(found: re.Match[str]) -> str:
    """Return a quoted name and a word as they stand, and a mark in place of other quotations, addresses and ids."""
    piece = found[0]
    if piece[0] in "'\"" and piece[-1] == piece[0] and len(piece) > 1:
        return piece if NAME.fullmatch(piece[1:-1]) else VARIES
    return VARIES if "/" in piece else WORD.sub(steady_word, piece)


def steady_word(found: re.Match[str]) -> str:
    """Return a word, or a mark in place of one with a digit: a number, a date, a hash, a place in memory."""
    return VARIES if any(character.isdigit() for character in found[0]) else found[0]


def values_sent(answer: Exchange) -> Iterator[str]:
    """Yield the values in the address and in the content of a request."""
    address = urlsplit(answer.url)
    yield from (unquote(segment) for segment in address.path.split("/") if segment)
    yield from (value for _, value in parse_qsl(address.query) if value)
    content = answer.request_body[:MOST_READ].decode("utf-8", "replace")
    try:
        yield from leaves(json.loads(content)) if content else ()
    except (ValueError, RecursionError):
        yield from (value for _, value in parse_qsl(content) if value)


def leaves(node: Any) -> Iterator[str]:
    """Yield the texts and numbers within a JSON value."""
    if isinstance(node, dict):
        for member in node.values():
            yield from leaves(member)
    elif isinstance(node, list):
        for member in node:
            yield from leaves(member)
    elif node not in (None, True, False, ""):
        yield str(node)
