"""Notices as lines for people: one for each thing, however often it stands in a document."""

from collections.abc import Iterable

from .lines import Mistake

MOST_LINES = 50


def notice_lines(notices: Iterable[Mistake]) -> list[str]:
    """Return a line for each notice; those that say the same have one, with the first place and their number."""
    places: dict[str, list[str]] = {}
    for notice in notices:
        places.setdefault(notice.text, []).append(notice.place)
    lines = [
        f"{where[0]}: {text}{f' (and at {len(where) - 1} more places)' if len(where) > 1 else ''}"
        for text, where in places.items()
    ]
    more = [f"and {len(lines) - MOST_LINES} more notices, which the report has"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *more]
