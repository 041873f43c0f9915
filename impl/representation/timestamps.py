"""Times as answers have them."""

from datetime import datetime


def timestamp(moment: datetime) -> str:
    """Write a time in UTC, without a zone, as RFC 3339 does: with microseconds and Z."""
    return f"{moment.isoformat(timespec='microseconds')}Z"
