"""The content of an answer: how much of it is read, how its codings are undone, and what is JSON."""

import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..contract.media import is_json

# What is sent as Accept-Encoding: the codings that this module can undo.
ACCEPTED_CODINGS = "gzip, deflate"
MOST_BYTES = 64 * 1024 * 1024
# How many seconds content may take to arrive, and an event stream, which need not end.
LONGEST = 10.0
LONGEST_STREAM = 3.0
EVENT_STREAM = "text/event-stream"
# Python makes no whole number of more than 4,300 digits.
LONGEST_INTEGER = 4300


@dataclass(frozen=True)
class Content:
    """
    Content as far as it was read.

    `flaw` says what the server did wrong where its content cannot be read as its header fields say. `unread` says why the
    suite has not read all of it, which is nobody's fault. One of them at most is there; both are empty for good content.
    """

    body: bytes
    flaw: str = ""
    unread: str = ""


def longest(media_type: str) -> float:
    """Return for how many seconds content of a media type is read."""
    return LONGEST_STREAM if media_type.partition(";")[0].strip().lower() == EVENT_STREAM else LONGEST


def read(parts: Iterable[bytes], codings: str, *, seconds: float, ended_early: tuple[type[Exception], ...]) -> Content:
    """
    Read the parts of content as they arrive, for some seconds at most, and undo its codings.

    `codings` is the value of Content-Encoding (RFC 9110, section 8.4). The parts end with one of the exceptions of
    `ended_early` where the connection breaks or the framing does (RFC 9112, section 8).
    """
    received, deadline = bytearray(), time.monotonic() + seconds
    framed = Content(b"")
    try:
        for part in parts:
            received += part
            if len(received) > MOST_BYTES:
                framed = Content(b"", unread=f"it has more than {MOST_BYTES} bytes")
                break
            if time.monotonic() > deadline:
                framed = Content(b"", unread=f"it still came after {seconds:.0f} s")
                break
    except TimeoutError:
        framed = Content(b"", unread=f"nothing more came for {seconds:.0f} s")
    except ended_early as problem:
        framed = Content(b"", flaw=f"the content ended before its end: {problem}")
    if framed.flaw or framed.unread:
        return replace(framed, body=bytes(received))
    return decoded(bytes(received), codings)


def decoded(content: bytes, codings: str) -> Content:
    """Undo the codings of content, the last one first; as it came where that cannot be done."""
    plain = Content(content)
    for coding in reversed([each.strip().lower() for each in codings.split(",") if each.strip()]):
        if coding == "identity" or not plain.body:
            continue
        if coding not in DECODERS:
            return Content(content, unread=f"its content coding {coding} was not asked for")
        try:
            body = DECODERS[coding](plain.body)
        except zlib.error as problem:
            return Content(content, flaw=f"Content-Encoding is {coding}, and the content is not: {problem}")
        if len(body) > MOST_BYTES:
            return Content(content, unread=f"it has more than {MOST_BYTES} bytes once it is decoded")
        plain = Content(body)
    return plain


def gunzipped(content: bytes) -> bytes:
    """Return the content of each member of a gzip stream (RFC 1952), up to the size that is read."""
    found = bytearray()
    while content and len(found) <= MOST_BYTES:
        decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        found += complete(decoder, content)
        content = decoder.unused_data
    return bytes(found)


def inflated(content: bytes) -> bytes:
    """Return what is in a zlib stream (RFC 1950), or in a deflate stream without its frame, as some servers send."""
    try:
        return complete(zlib.decompressobj(), content)
    except zlib.error:
        return complete(zlib.decompressobj(-zlib.MAX_WBITS), content)


def complete(decoder: Any, content: bytes) -> bytes:
    """Decode a stream that has to end in this content, unless it is larger than what is read."""
    found: bytes = decoder.decompress(content, MOST_BYTES + 1)
    if not decoder.eof and len(found) <= MOST_BYTES:
        raise zlib.error("it has no end")
    return found


DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gunzipped, "x-gzip": gunzipped, "deflate": inflated}


def unreadable(content: Content, media_type: str) -> str:
    """
    Return why content is not what its header fields say: a broken coding or framing, or no JSON; else an empty text.

    Content that was not read is not judged.
    """
    if content.flaw or content.unread or not content.body or not is_json(media_type):
        return content.flaw
    try:
        parse_json(content.body)
    except ValueError as problem:
        return f"{media_type} is no JSON: {problem}"
    except RecursionError:  # so deep that the suite cannot say what it is
        return ""
    return ""


def parse_json(content: bytes) -> Any:
    """
    Return the value of a JSON text; ValueError, with the reason, where it is none by RFC 8259.

    NaN and Infinity are no JSON (section 6), and the encoding is UTF-8 (section 8.1). A byte-order mark is passed over, as
    that section lets a parser do. RecursionError where it is nested too deeply to be read, which is no mistake.
    """
    return json.loads(as_text(content), parse_constant=refuse_constant, parse_int=whole_number)


def as_text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"it is not UTF-8: byte {problem.start} is {content[problem.start]:#04x}") from None


def refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def whole_number(text: str) -> int | Decimal:
    """Return a whole number; Python makes an int only of some thousands of digits."""
    return int(text) if len(text) < LONGEST_INTEGER else Decimal(text)


def repeated_names(content: bytes) -> list[str]:
    """Return the names that stand twice in one object of a JSON text (RFC 8259, section 4, says they should not)."""
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        found.extend(twice(name for name, _ in pairs))

    json.loads(as_text(content), object_pairs_hook=note)
    return found


def twice(names: Iterable[str]) -> Iterator[str]:
    """Yield each name as often as it comes after its first time."""
    known = set[str]()
    for name in names:
        if name in known:
            yield name
        known.add(name)
