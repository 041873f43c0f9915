"""Regular expressions of a document, which are those of ECMA-262 and not those of Python."""

from functools import lru_cache
from typing import Any


def matches(pattern: str, text: str) -> bool:
    """
    Tell whether a text has a match of a pattern somewhere, as JSON Schema asks (2020-12, section 6.4 of the core).

    A pattern that cannot be read tells nothing of a text: every text is good then, and `is_readable` says so.
    """
    judge = judge_of(pattern)
    return judge is None or bool(judge.is_valid(text))


def is_readable(pattern: str) -> bool:
    """Tell whether a pattern can be read."""
    return judge_of(pattern) is not None


@lru_cache(maxsize=4096)
def judge_of(pattern: str) -> Any:
    """Return what judges texts by a pattern; None where it cannot be read."""
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return None
