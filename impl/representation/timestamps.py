"""Times as answers have them."""

from datetime import datetime

# What a row has: a time, or SQLite's text of it, "2026-11-30 22:18:35.000000".
Moment = datetime | str
DAY = len("2026-11-30")


def timestamp(moment: Moment) -> str:
    """Write a time in UTC, without a zone, as RFC 3339 does: with microseconds and Z."""
    if isinstance(moment, str):
        return f"{moment[:DAY]}T{moment[DAY + 1 :]}Z"
    return f"{moment.isoformat(timespec='microseconds')}Z"
