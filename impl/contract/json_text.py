"""Content of a request: a JSON text, read strictly and with bounds."""

import json
import math
import re
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from ..problems import MalformedContent
from .contract import Json

UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
MOST_DIGITS = 18
# Far above what any operation takes: beyond these a request costs no more than its bytes.
MOST_VALUES, DEEPEST, LONGEST_NUMBER = 1000, 50, 400


def parse_json(content: bytes) -> Any:
    """
    Read a JSON text as RFC 8259 and I-JSON (RFC 7493) define it.

    Raises MalformedContent for anything else: duplicate keys, NaN, NUL and lone surrogates included. So are texts of
    more values, deeper or with longer numbers than any operation takes (RFC 8259, section 9).
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
            parse_int=_bounded_integer,
            parse_float=_finite,
        )
        _check_values(value)
    except (ValueError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "It is not a JSON text in UTF-8, or nested too deeply."
        raise MalformedContent(f"The content cannot be read. {reason}") from None
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("An object has a member twice.")
    return value


def _refuse(constant: str) -> None:
    raise ValueError("NaN and Infinity are no JSON numbers.")


def _bounded_integer(text: str) -> float:
    # No schema here admits more digits, and converting millions of them would take the loop's time.
    return int(text) if len(text) <= MOST_DIGITS else math.copysign(1e300, -1 if text[0] == "-" else 1)


def _finite(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"A number has more than {LONGEST_NUMBER} characters.")
    number = float(text)
    if math.isinf(number):
        raise ValueError("A number is too large.")
    return number


def _check_values(value: Any) -> None:
    """Look at each value once, level by level, and at no more of them than are allowed."""
    level, seen = [value], 0
    for _ in range(DEEPEST):
        seen += len(level)
        if seen > MOST_VALUES:
            raise ValueError(f"It has more than {MOST_VALUES} values.")
        if any(isinstance(each, str) and UNREADABLE.search(each) for each in level):
            raise ValueError("A string has NUL or a lone surrogate.")
        level = list(islice(chain.from_iterable(map(_parts, level)), MOST_VALUES + 1))
        if not level:
            return
    raise ValueError(f"It is nested more than {DEEPEST} deep.")


def _parts(value: Any) -> Iterable[Any]:
    """Return the members or items of a value; names of members are values too."""
    if isinstance(value, dict):
        return chain.from_iterable(value.items())
    return value if isinstance(value, list) else ()
