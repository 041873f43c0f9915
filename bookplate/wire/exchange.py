"""One request and its answer, as evidence."""

import itertools
import re
import shlex
import string
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from .content import Content, parse_json, unreadable
from .outcomes import Unreadable

Headers = list[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Exchange:
    """
    What was sent and what came back; header names of the answer are lower-case, and later ones have a higher number.

    It took `seconds`, and `ended` when it was known as an exchange, in seconds since the epoch.
    `flaw` says what the server did wrong where its content cannot be read as its header fields say, `unread` why the suite
    has not read all of it; the body is then what came. `logged` is the end of what the server has printed meanwhile, where
    the suite has started it and it answered with a server error. `is_generated` says that the generator has made it, or
    one of its checks.
    """

    operation_id: str | None
    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    status: int
    headers: Headers
    body: bytes = field(repr=False)
    seconds: float = 0.0
    address: str = ""  # that it was sent from, where it had one of its own
    flaw: str = ""
    unread: str = ""
    ended: float = field(default_factory=time.time, repr=False)
    logged: str = field(default="", repr=False)
    is_generated: bool = False
    number: int = field(default_factory=itertools.count().__next__, repr=False)

    def json(self) -> Any:
        """
        Return the answer's body as JSON (RFC 8259), or None where it does not say that it is JSON, and is none.

        Raises Unreadable where it says so and is none, and where it could not be read.
        """
        if self.unread:
            raise Unreadable(f"{self.summary()}, and its content was not read: {self.unread}")
        if reason := self.unreadable:
            raise Unreadable(f"{self.summary()}, and its content cannot be read: {reason}")
        try:
            return parse_json(self.body)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def unreadable(self) -> str:
        """Why the content is not what the header fields say: a broken coding or framing, or no JSON; else empty."""
        return unreadable(Content(self.body, self.flaw, self.unread), self.media_type)

    def header(self, name: str) -> str | None:
        """Return the value of an answer's header, its lines put together as RFC 9110, section 5.3, has it."""
        lines = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(lines) if lines else None

    def request_header(self, name: str) -> str | None:
        return next((value for key, value in self.request_headers if key.lower() == name.lower()), None)

    def until(self, text: str) -> int:
        """Return the seconds from the answer's Date to a date; ValueError or TypeError where one of them is none."""
        return int((parsedate_to_datetime(text) - parsedate_to_datetime(self.header("date") or "")).total_seconds())

    @property
    def is_raw(self) -> bool:
        """Whether it was sent byte by byte, as no client library would."""
        return False

    @property
    def media_type(self) -> str:
        """The answer's media type without its parameters; empty where there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def traits(self, name: str) -> dict[str, str]:
        """Return what may tell this answer from another: its headers' names, and members without what repeats a name."""
        body, known = self.json_or_none(), {str(self.status), *(value for _, value in self.headers)}
        members = body if isinstance(body, dict) else {"": self.body}
        said = {f"/{key}": str(member) for key, member in members.items() if str(member) not in known}
        found = {key: re.sub(rf"\b{re.escape(name)}\b", "", text) for key, text in said.items()}
        return {"status": f"{self.status} {self.media_type}", **dict.fromkeys(dict(self.headers), "is there"), **found}

    def summary(self) -> str:
        return f"{self.method} {self.path} answered {self.status}"

    def describe(self) -> str:
        """Return the request and what was answered, in a few words, such as `GET /books answered 404 (no such book)`."""
        body = self.json_or_none()
        detail = body.get("detail") if isinstance(body, dict) else None
        said = self.unreadable or (str(detail)[:120] if detail else "")
        return f"{self.summary()} ({said})" if said else self.summary()

    def json_or_none(self) -> Any:
        """Return the body as JSON, or None where it is none for whatever reason."""
        try:
            return self.json()
        except Unreadable:
            return None

    def curl(self, redact: Mapping[str, str] | None = None, options: str = "-si", secrets: Collection[str] = ()) -> str:
        """
        Return the command that sends this again.

        `redact` maps a value to the shell variable for it; those among `secrets` are found wherever they are.
        """
        names = redact or {}
        parts = [f"curl {options} --path-as-is", "" if self.method == "GET" else f"-X {self.method}"]
        if self.method == "HEAD":
            parts = [f"curl {options} --path-as-is -I"]
        parts.append(shell_text(self.url, names, secrets))
        shown = [(name, value) for name, value in self.request_headers if is_told(name, value)]
        parts += [f"-H {shell_text(f'{name}: {value}', names, secrets)}" for name, value in shown]
        if not self.request_body:
            return " ".join(part for part in parts if part)
        # An argument of a command has an end; what the shell writes by itself has none.
        text = as_text(self.request_body) if len(self.request_body) <= LONGEST_ARGUMENT else None
        parts.append("--data-binary @-" if text is None else f"--data-binary {shell_text(text, names, secrets)}")
        command = " ".join(part for part in parts if part)
        return command if text is not None else f"printf -- {shell_bytes(self.request_body, names)} | {command}"


HIDDEN = ("host", "accept-encoding", "connection", "user-agent", "content-length")
LONGEST_ARGUMENT = 100_000  # bytes; Linux has 131,072


def is_told(name: str, value: str) -> bool:
    """Whether a header field belongs to the request, and not to the connection or to whatever sends it."""
    return name.lower() not in HIDDEN and (name.lower(), value) != ("accept", "*/*")


def as_text(content: bytes) -> str | None:
    """Return content as text that a shell word can hold; None where it is no UTF-8, or has a NUL."""
    try:
        return None if b"\x00" in content else content.decode()
    except UnicodeDecodeError:
        return None


def shell_bytes(content: bytes, names: Mapping[str, str]) -> str:
    """Return the argument by which printf writes these bytes, with variables for the long values in `names`."""
    written = printed(content)
    for value in sorted(names, key=len, reverse=True):
        if len(value) >= 8:
            written = written.replace(printed(value.encode()), f"'\"{names[value]}\"'")
    return f"'{written}'"


def printed(content: bytes) -> str:
    """Return bytes as the format of printf (POSIX, printf, extended description)."""
    return "".join(chr(byte) if chr(byte) in PRINTED else f"\\{byte:03o}" for byte in content)


# What printf writes as it stands, also within single quotes.
PRINTED = frozenset(string.ascii_letters + string.digits + " !#&()*+,-./:;<=>?@[]^_{|}~")


def shell_text(text: str, names: Mapping[str, str], secrets: Collection[str] = ()) -> str:
    """
    Return a text as one shell word, with variables for the values in `names`.

    A short value, such as an id, stands only for a whole path segment or a whole header value, and a path for whole segments;
    anything longer, and each of the `secrets`, is found wherever it is.
    """
    alternatives = [
        rf"{re.escape(value)}(?=[/?#]|$)"
        if value.startswith("/")
        else re.escape(value)
        if len(value) >= (4 if value in secrets else 8)
        else rf"(?:(?<=/)|(?<=: )){re.escape(value)}(?=/|%|\?|$)"
        for value in sorted(names, key=len, reverse=True)
        if value and value in text  # a run knows hundreds, and to compile a pattern of all takes longer than to look
    ]
    parts = re.split(f"({'|'.join(alternatives)})", text) if alternatives else [text]
    if len(parts) == 1:
        return shlex.quote(text)
    if not any(mark in literal for literal in parts[::2] for mark in '"\\`$!'):
        return '"' + "".join(names[part] if i % 2 else part for i, part in enumerate(parts)) + '"'
    return "".join(f'"{names[part]}"' if i % 2 else shlex.quote(part) if part else "" for i, part in enumerate(parts))


def seconds_to_wait(exchange: Exchange) -> int:
    """Return what Retry-After asks for; a second where it says nothing readable."""
    said = exchange.header("retry-after") or ""
    try:
        return max(int(said) if said.isascii() and said.isdigit() else exchange.until(said), 1)
    except (ValueError, TypeError):
        return 1
