"""Values as people read them: no message of a law has a value as Python writes it."""

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Set
from typing import Any

MOST_SAID = 8  # values of a list
NOTHING, NONE = "nothing", "none"
# What a value looks like that Python wrote: `{3}`, `['a']`, `[]`, `set()`, `None`, `b'...'`, `<X object at 0x7f>`.
WRITTEN_BY_PYTHON = re.compile(
    r"(?<![\w-])(?:None|True|False)(?![\w-])"  # and not If-None-Match
    r"|\b(?:set|frozenset|dict|list|tuple|Counter|defaultdict|deque|Decimal|dict_keys|dict_values)\("
    r"|\bdatetime\.\w+\("
    r"|<[\w.]+(?: object)? at 0x"
    r"|(?<![\w\"'])b(?:'[^']*'|\"\")"
    r"|\[(?:\]|'|\d+(?:, |\])|\()"
    r"|\{(?:\}|'|\d+(?:, |\}))"
    r"|\((?:'[^']*', |\d+,\)|\d+, \d+\))"
)
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
NAMED = re.compile(r"'[^'\s]*'")


def said(value: Any) -> str:
    """
    Return a value as people read it, such as `1, 2 and 3` for a list.

    A text stands between double marks. Of more than eight values the first ones are named, and how many there are beside
    them. Members of an object are `name: value`.
    """
    if isinstance(value, Mapping):
        return listed(f"{name}: {said(member)}" for name, member in value.items())
    if isinstance(value, Set | list | tuple):
        return listed(map(said, in_order(value) if isinstance(value, Set) else value))
    return said_of_one(value)


def said_of_one(value: Any) -> str:
    """Return a value that has no parts as people read it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
        is_plain = '"' in text and text.isprintable()  # such as an entity tag, which has marks of its own
        return text if is_plain else json.dumps(text, ensure_ascii=False)
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def listed(words: Iterable[str], most: int = MOST_SAID) -> str:
    """
    Return words as a list in a sentence: `a`, `a and b`, `a, b and c`, `a, b and 7 more`, or `none`.

    TypeError for one text, whose letters would be the words.
    """
    if isinstance(words, str):
        raise TypeError(f"a list of words is needed, not the text {words!r}")
    known = list(words)
    if len(known) > most:
        known = [*known[: most - 1], f"{len(known) - most + 1} more"]
    if not known:
        return NONE
    *before, last = known
    return f"{', '.join(before)} and {last}" if before else last


def asked(query: Mapping[str, Any]) -> str:
    """Return a query as people read it, such as `label=Tie b & state=sent`; a list has its values one after the other."""
    texts = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in query.items()}
    return " & ".join(f"{name}={text}" for name, text in texts.items())


def in_order(values: Iterable[Any]) -> list[Any]:
    """Return values from the least to the greatest; those that have no order are in the order of their texts."""
    known = list(values)
    try:
        return sorted(known)
    except TypeError:
        return sorted(known, key=str)


def written_by_python(text: str) -> str:
    """Return the first part of a message that looks as Python writes values, outside of quoted texts; empty if none does."""
    found = WRITTEN_BY_PYTHON.search(NAMED.sub("''", QUOTED.sub('""', text)))
    return found[0] if found else ""
